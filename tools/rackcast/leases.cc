#include "tools/rackcast/leases.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <vector>

#include "core/config/parse.h"
#include "core/leases/sqlite_store.h"

namespace rackcast {
namespace {

using Json = nlohmann::json;

std::string_view state_of(const Lease& lease, WallTime now) {
  switch (lease.state) {
    case LeaseState::kActive:
      return lease.ends > now ? "active" : "expired";
    case LeaseState::kAbandoned:
      return lease.ends > now ? "abandoned" : "free";
    case LeaseState::kReleased:
      return "released";
    case LeaseState::kExpired:
      return "expired";
    default:
      return "free";
  }
}

std::string time_text(WallTime time) {
  if (time == WallTime::max()) return "never";
  const std::time_t seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return {text.data(), size};
}

// What a client may have put there is shown, never sent to the terminal as it is.
std::string printable(std::string_view raw) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : raw) {
    const auto octet = static_cast<std::uint8_t>(c);
    if (octet > 0x20 && octet < 0x7F && c != '\\')
      out += c;
    else
      out.append("\\x").append(1, kDigits[octet >> 4U]).append(1, kDigits[octet & 15U]);
  }
  return out;
}

std::string hex(std::string_view raw) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : raw) {
    const auto octet = static_cast<std::uint8_t>(c);
    if (!out.empty()) out += ':';
    out.append(1, kDigits[octet >> 4U]).append(1, kDigits[octet & 15U]);
  }
  return out;
}

// Which range an address is of; "" where the configuration is not known, or does not have it.
class Pools {
 public:
  explicit Pools(const Config* config) {
    if (config == nullptr || !config->dhcp) return;
    for (const SubnetConfig& subnet : config->dhcp->subnets) {
      ranges_.insert(ranges_.end(), subnet.ranges.begin(), subnet.ranges.end());
      for (const PoolConfig& pool : subnet.pools) ranges_.insert(ranges_.end(), pool.ranges.begin(), pool.ranges.end());
    }
    for (const HostConfig& host : config->dhcp->hosts) {
      if (host.address) reserved_.push_back(*host.address);
      reserved_.insert(reserved_.end(), host.more_addresses.begin(), host.more_addresses.end());
    }
    std::sort(reserved_.begin(), reserved_.end());
  }

  [[nodiscard]] std::string of(net::Ipv4Address address) const {
    if (std::binary_search(reserved_.begin(), reserved_.end(), address)) return "reserved";
    for (const AddressRange& range : ranges_)
      if (range.first <= address && address <= range.last)
        return std::string(range.first.text().view()) + "-" + std::string(range.last.text().view());
    return {};
  }

 private:
  std::vector<AddressRange> ranges_;
  std::vector<net::Ipv4Address> reserved_;
};

Json json_of(const Lease& lease, std::string_view state, const std::string& pool) {
  Json json{{"address", std::string(lease.address.text().view())},
            {"state", std::string(state)},
            {"mac", std::string(lease.mac.text().view())},
            {"key", key_of(lease).text()},
            {"client_id", hex(lease.client_identifier)},
            {"hostname", printable(lease.hostname)},
            {"starts", time_text(lease.starts)},
            {"ends", lease.ends == WallTime::max() ? Json() : Json(time_text(lease.ends))},
            {"bootp", lease.bootp}};
  if (!pool.empty()) json["pool"] = pool;
  if (!lease.relay.is_any()) json["relay"] = std::string(lease.relay.text().view());
  if (!lease.relay_info.empty()) json["relay_info"] = hex(lease.relay_info);
  return json;
}

using Row = std::array<std::string, 8>;

void print_table(const std::vector<Row>& rows, std::ostream& out) {
  std::array<std::size_t, std::tuple_size_v<Row>> width{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(width[i] - row[i].size() + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
  }
}

}  // namespace

int show_leases(const LeasesOptions& options, WallTime now, std::ostream& out, std::ostream& err) {
  ConfigOutcome outcome;
  if (!options.config.empty()) {
    outcome = load_config(options.config);
    if (outcome.config == nullptr) {
      err << "rackcast leases: " << options.config << " cannot be used: run rackcast check-config " << options.config
          << '\n';
      return 1;
    }
  }
  const ServerConfig server = outcome.config != nullptr ? outcome.config->server : ServerConfig{};
  const std::string file = options.file.empty() ? server.state_dir + "/leases.db" : options.file;
  const Pools pools(outcome.config.get());
  std::vector<Row> rows{{"ADDRESS", "STATE", "MAC", "CLIENT-ID", "HOSTNAME", "STARTS", "ENDS", "POOL"}};
  Json list = Json::array();
  const auto read = SqliteLeaseStore::read(file, [&](const Lease& lease) {
    const std::string_view state = state_of(lease, now);
    if (!options.all && state != "active" && state != "abandoned") return;
    const std::string pool = pools.of(lease.address);
    if (options.json) {
      list.push_back(json_of(lease, state, pool));
      return;
    }
    rows.push_back({std::string(lease.address.text().view()), std::string(state), std::string(lease.mac.text().view()),
                    hex(lease.client_identifier), printable(lease.hostname), time_text(lease.starts),
                    time_text(lease.ends), pool});
  });
  if (!read) {
    err << "rackcast leases: " << read.error().message << '\n';
    return 1;
  }
  if (options.json)
    out << list.dump(2) << '\n';
  else
    print_table(rows, out);
  return 0;
}

}  // namespace rackcast
