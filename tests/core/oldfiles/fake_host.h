// A machine of the test's own: files in memory, two interfaces, one name.
#pragma once

#include <map>
#include <set>
#include <string>

#include "core/oldfiles/old_files_host.h"

namespace rackcast::testing {

class FakeHost final : public OldFilesHost {
 public:
  std::map<std::string, std::string> files;
  std::set<std::string> closed;  // files that may not be read
  std::map<std::string, std::vector<std::string>> folders;
  std::map<std::string, std::vector<net::IpAddress>> names{
      {"bad.example", {*net::IpAddress::parse("192.168.1.66"), *net::IpAddress::parse("fd00::66")}}};
  std::vector<HostInterface> up{{"lo", {*net::IpAddress::parse("127.0.0.1")}},
                                {"eth0", {*net::IpAddress::parse("192.168.1.110")}}};

  Result<std::string> read(const std::string& path, std::size_t bytes_max) override {
    const auto found = files.find(path);
    if (found == files.end()) return fail("cannot read " + path);
    if (found->second.size() > bytes_max) return fail(path + " is too large");
    return found->second;
  }
  bool is_missing(const std::string& path) override { return !files.contains(path) && !closed.contains(path); }
  Result<std::vector<std::string>> list(const std::string& folder) override {
    const auto found = folders.find(folder);
    if (found == folders.end()) return fail("cannot list " + folder);
    return found->second;
  }
  std::vector<net::IpAddress> resolve(const std::string& name) override {
    const auto found = names.find(name);
    return found == names.end() ? std::vector<net::IpAddress>{} : found->second;
  }
  std::vector<HostInterface> interfaces() override { return up; }
};

}  // namespace rackcast::testing
