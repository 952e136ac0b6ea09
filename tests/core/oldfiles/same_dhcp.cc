#include "tests/core/oldfiles/same_dhcp.h"

#include <algorithm>

namespace rackcast {
namespace {

bool same(const AddressRange& a, const AddressRange& b) {
  return a.first == b.first && a.last == b.last;
}
bool same(const Permit& a, const Permit& b) {
  return a.kind == b.kind && a.class_number == b.class_number;
}
bool same(const OptionDefinition& a, const OptionDefinition& b) {
  return a.name == b.name && a.key == b.key && a.items == b.items && a.repeats == b.repeats &&
         a.last_repeats == b.last_repeats && a.encapsulated == b.encapsulated;
}
template <typename T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const T& x, const T& y) { return same(x, y); });
}

std::string pool_difference(const PoolConfig& a, const PoolConfig& b) {
  if (!same(a.ranges, b.ranges)) return "ranges";
  if (a.bootp != b.bootp) return "bootp";
  if (!same(a.allow, b.allow)) return "allow";
  if (!same(a.deny, b.deny)) return "deny";
  return a.rules == b.rules ? "" : "rules";
}

template <typename List, typename Difference>
std::string list_difference(const std::string& name, const List& a, const List& b, Difference difference_of) {
  if (a.size() != b.size()) return name + ": " + std::to_string(a.size()) + " and " + std::to_string(b.size());
  for (std::size_t i = 0; i < a.size(); ++i)
    if (const std::string what = difference_of(a[i], b[i]); !what.empty())
      return name + "[" + std::to_string(i) + "]." + what;
  return "";
}

std::string network_difference(const SharedNetworkConfig& a, const SharedNetworkConfig& b) {
  if (a.name != b.name) return "name";
  return a.rules == b.rules ? "" : "rules";
}

std::string subnet_difference(const SubnetConfig& a, const SubnetConfig& b) {
  if (a.subnet != b.subnet) return "subnet";
  if (a.network != b.network) return "network";
  if (!same(a.ranges, b.ranges)) return "ranges";
  if (a.bootp != b.bootp) return "bootp";
  if (a.routers != b.routers || a.dns != b.dns || a.domain != b.domain || a.next_server != b.next_server) return "keys";
  if (a.lease_seconds.preset != b.lease_seconds.preset || a.lease_seconds.longest != b.lease_seconds.longest)
    return "lease_seconds";
  if (a.hostname != b.hostname) return "hostname";
  if (a.rules != b.rules) return "rules";
  return list_difference("pools", a.pools, b.pools, pool_difference);
}

std::string class_difference(const ClassConfig& a, const ClassConfig& b) {
  if (a.name != b.name) return "name";
  if (a.match_if != b.match_if) return "match_if";
  if (a.match != b.match) return "match";
  if (a.spawn != b.spawn) return "spawn";
  if (a.lease_limit != b.lease_limit) return "lease_limit";
  if (a.rules != b.rules) return "rules";
  return list_difference("members", a.subclasses, b.subclasses,
                         [](const SubclassConfig& x, const SubclassConfig& y) -> std::string {
                           if (x.lease_limit != y.lease_limit) return "lease_limit";
                           return x.value != y.value ? "value" : x.rules == y.rules ? "" : "rules";
                         });
}

std::string host_difference(const HostConfig& a, const HostConfig& b) {
  if (a.name != b.name) return "name";
  if (a.mac != b.mac) return "mac";
  const HostIdentity& x = a.identity;
  const HostIdentity& y = b.identity;
  if (x.client_identifier != y.client_identifier || x.uuid != y.uuid || x.circuit_id != y.circuit_id ||
      x.remote_id != y.remote_id)
    return "identity";
  if (x.option != y.option || x.option_value != y.option_value) return "identity.option";
  if (a.address != b.address || a.more_addresses != b.more_addresses) return "addresses";
  if (a.next_server != b.next_server || a.filename != b.filename || a.hostname != b.hostname) return "keys";
  return a.rules == b.rules ? "" : "rules";
}

std::string pxe_difference(const PxeConfig& a, const PxeConfig& b) {
  if (a.discovery_control != b.discovery_control || a.discovery_group != b.discovery_group) return "discovery";
  if (a.prompt_seconds != b.prompt_seconds || a.prompt != b.prompt) return "prompt";
  if (a.mtftp.has_value() != b.mtftp.has_value()) return "mtftp";
  if (a.mtftp && (a.mtftp->group != b.mtftp->group || a.mtftp->client_port != b.mtftp->client_port ||
                  a.mtftp->server_port != b.mtftp->server_port || a.mtftp->listen_seconds != b.mtftp->listen_seconds ||
                  a.mtftp->delay_seconds != b.mtftp->delay_seconds || a.mtftp->network_order != b.mtftp->network_order))
    return "mtftp";
  if (a.multicast.has_value() != b.multicast.has_value()) return "multicast";
  if (a.multicast && (a.multicast->base != b.multicast->base || a.multicast->block != b.multicast->block ||
                      a.multicast->range != b.multicast->range))
    return "multicast";
  if (a.credential_types != b.credential_types) return "credential_types";
  const std::string servers =
      list_difference("boot_servers", a.boot_servers, b.boot_servers,
                      [](const PxeBootServer& x, const PxeBootServer& y) -> std::string {
                        return x.type != y.type ? "type" : x.addresses == y.addresses ? "" : "addresses";
                      });
  if (!servers.empty()) return servers;
  return list_difference("menu", a.menu, b.menu, [](const PxeMenuItem& x, const PxeMenuItem& y) -> std::string {
    return x.type == y.type && x.text == y.text && x.file == y.file ? "" : "item";
  });
}

std::string catalog_difference(const OptionCatalog& a, const OptionCatalog& b) {
  if (a.spaces() != b.spaces()) return "spaces";
  for (std::size_t i = 0; i < a.spaces(); ++i) {
    const OptionSpace& x = a.space(static_cast<std::uint16_t>(i));
    const OptionSpace& y = b.space(static_cast<std::uint16_t>(i));
    if (x.name != y.name || x.code_bytes != y.code_bytes || x.length_bytes != y.length_bytes) return "space " + x.name;
  }
  return same(a.defined(), b.defined()) ? "" : "definitions";
}

}  // namespace

std::string testing::difference(const DhcpConfig& a, const DhcpConfig& b) {
  if (a.catalog == nullptr || b.catalog == nullptr) return "no catalog";
  if (const std::string what = catalog_difference(*a.catalog, *b.catalog); !what.empty()) return what;
  if (a.rules != b.rules) return "rules";
  if (a.mode != b.mode || a.lease_store != b.lease_store || a.conflict_probe != b.conflict_probe) return "keys";
  if (a.machine_key != b.machine_key || a.import_leases != b.import_leases) return "keys";
  if (a.leases_per_port != b.leases_per_port || a.leases_per_relay != b.leases_per_relay) return "caps";
  if (a.pxe.has_value() != b.pxe.has_value()) return "pxe";
  if (a.boot.by_architecture != b.boot.by_architecture || a.boot.ipxe != b.boot.ipxe || a.boot.http != b.boot.http)
    return "boot";
  for (const std::string& what :
       {list_difference("networks", a.networks, b.networks, network_difference),
        list_difference("classes", a.classes, b.classes, class_difference),
        list_difference("subnets", a.subnets, b.subnets, subnet_difference),
        a.pxe ? pxe_difference(*a.pxe, *b.pxe) : "", list_difference("hosts", a.hosts, b.hosts, host_difference)})
    if (!what.empty()) return what;
  return "";
}

}  // namespace rackcast
