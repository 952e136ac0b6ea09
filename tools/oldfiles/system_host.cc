#include "tools/oldfiles/system_host.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/errno_text.h"
#include "io_backends/socket/interfaces.h"

namespace rackcast {
namespace {

constexpr std::size_t kNamesMax = 4'096;  // of one folder

class SystemHost final : public OldFilesHost {
 public:
  Result<std::string> read(const std::string& path, std::size_t bytes_max) override {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error))
      return fail("cannot read " + path + ": " + (error ? error.message() : "it is no file") +
                  "; give the path of a file");
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail("cannot read " + path + ": " + errno_text(errno) + "; check its permissions");
    const std::uintmax_t size = std::filesystem::file_size(path, error);  // what grows meanwhile is read to there
    std::string text(error ? bytes_max + 1 : std::min<std::uintmax_t>(size, bytes_max) + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return fail("cannot read " + path + ": the read failed");
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > bytes_max || (!error && size > bytes_max))
      return fail(path + " is larger than " + std::to_string(bytes_max) + " bytes");
    return text;
  }

  bool is_missing(const std::string& path) override {
    std::error_code error;
    return std::filesystem::symlink_status(path, error).type() == std::filesystem::file_type::not_found;
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::error_code error;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code ignored;
      if (entry->is_regular_file(ignored)) names.push_back(entry->path().filename().string());
      if (names.size() > kNamesMax) return fail(folder + " holds more than " + std::to_string(kNamesMax) + " files");
    }
    if (error) return fail("cannot list " + folder + ": " + error.message());
    return names;
  }

  std::vector<net::IpAddress> resolve(const std::string& name) override {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* list = nullptr;
    std::vector<net::IpAddress> found;
    if (::getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0) return found;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, ::freeaddrinfo);
    for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
      if (entry->ai_family == AF_INET) {
        sockaddr_in address{};
        std::memcpy(&address, entry->ai_addr, sizeof address);
        found.emplace_back(net::Ipv4Address(ntohl(address.sin_addr.s_addr)));
      } else if (entry->ai_family == AF_INET6) {
        sockaddr_in6 address{};
        std::memcpy(&address, entry->ai_addr, sizeof address);
        net::Ipv6Address v6;
        std::copy_n(address.sin6_addr.s6_addr, v6.octets.size(), v6.octets.begin());
        found.emplace_back(v6);
      }
    }
    return found;
  }

  std::vector<HostInterface> interfaces() override {
    std::vector<HostInterface> up;
    const auto all = io::all_interfaces();
    if (!all) return up;
    for (const io::InterfaceFacts& facts : *all) {
      if (!facts.up) continue;
      HostInterface interface {
        facts.name, {}
      };
      for (const io::InterfaceAddress& address : facts.addresses) interface.addresses.push_back(address.address);
      up.push_back(std::move(interface));
    }
    return up;
  }
};

}  // namespace

std::unique_ptr<OldFilesHost> system_host() {
  return std::make_unique<SystemHost>();
}

std::string absolute_path(const std::string& path) {
  if (path.empty()) return path;
  std::error_code error;
  const std::filesystem::path whole = std::filesystem::absolute(path, error);
  return error ? path : whole.lexically_normal().string();
}

}  // namespace rackcast
