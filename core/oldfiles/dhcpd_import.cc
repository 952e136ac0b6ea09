#include "core/oldfiles/dhcpd_import.h"

#include <algorithm>
#include <utility>

#include "core/oldfiles/dhcpd_reader.h"

namespace rackcast {
namespace {

std::vector<std::string> served_interfaces(const DhcpConfig& dhcp, const std::string& path, OldFilesHost& host,
                                           ImportReport& report) {
  std::vector<std::string> served;
  std::vector<std::string> others;
  for (const HostInterface& interface : host.interfaces()) {
    const auto in_a_subnet = [&](const net::IpAddress& address) {
      return address.is_v4() && std::any_of(dhcp.subnets.begin(), dhcp.subnets.end(), [&](const SubnetConfig& subnet) {
               return subnet.subnet.contains(address.v4());
             });
    };
    const bool serves = std::any_of(interface.addresses.begin(), interface.addresses.end(), in_a_subnet);
    if (serves)
      served.push_back(interface.name);
    else if (interface.name != "lo")
      others.push_back(interface.name);
  }
  const FilePlace whole{std::make_shared<const std::string>(path), 0, 0};
  if (served.empty() && others.empty())
    report.add(ImportKind::kError, whole, "", "no network interface is up; bring one up, or write a TOML file");
  else if (served.empty())
    report.add(
        ImportKind::kRemark, whole, "",
        "no interface has an address in a subnet of it: all are served, for relays; give the interface its address");
  return served.empty() ? others : served;
}

}  // namespace

std::optional<Config> import_dhcpd_file(const std::string& path, OldFilesHost& host, ImportReport& report,
                                        const std::string& leases) {
  dhcpd_detail::ReadFile file = dhcpd_detail::DhcpdReader(host, report).read(path, leases);
  if (!report.has_errors() && file.dhcp.subnets.empty())
    report.add(ImportKind::kError, {std::make_shared<const std::string>(path), 0, 0}, "",
               "there is no subnet in it: nobody would be served");
  Config config;
  if (!report.has_errors()) {
    config.server.interfaces = served_interfaces(file.dhcp, path, host, report);
    file.dhcp.import_leases = std::move(file.leases_file);
    file.dhcp.machine_key = MachineKeyKind::kClientIdentifier;
    file.dhcp.conflict_probe =
        ConflictProbe::kIcmp;  // where ping-check, which is on unless the file says no, asks for it
    config.dhcp = std::move(file.dhcp);
  }
  report.sort();
  if (report.has_errors()) return std::nullopt;
  return config;
}

}  // namespace rackcast
