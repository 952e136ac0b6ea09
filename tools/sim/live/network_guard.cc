#include "tools/sim/live/network_guard.h"

#include <fstream>

#include "tools/sim/live/network_namespace.h"
#include "tools/sim/machines/url.h"

namespace rackcast::sim {
namespace {

constexpr int kAncestorsMax = 64;  // a chain of parents is short; a race may close it

std::string parent_of(const std::string& process) {
  std::ifstream file("/proc/" + process + "/status");
  for (std::string word; file >> word;)
    if (word == "PPid:" && file >> word) return word;
  return "0";
}

// Of process 1; where that one may not be looked at, of our oldest ancestor that may.
std::optional<NetworkId> hosts_network() {
  if (const auto first = network_of("1")) return first;
  std::optional<NetworkId> oldest;
  std::string process = parent_of("self");
  for (int depth = 0; depth < kAncestorsMax && process != "0"; ++depth) {
    if (const auto network = network_of(process)) oldest = network;
    process = parent_of(process);
  }
  return oldest;
}

bool is_loopback(net::Ipv4Address address) {
  return address.octet(0) == 127;
}

// Nothing: no URL, or one with an address on loopback. A name may lead anywhere.
std::optional<std::string> host_elsewhere(const std::string& name) {
  if (!looks_like_url(name)) return std::nullopt;
  const auto url = parse_url(name);
  if (!url) return std::nullopt;  // nobody can follow it
  const auto address = net::Ipv4Address::parse(url->host);
  if (address && is_loopback(*address)) return std::nullopt;
  return url->host;
}

}  // namespace

Surroundings look_around() {
  const auto own = network_of("self");
  const auto host = hosts_network();
  // What cannot be told (no /proc) counts as the host's.
  return {.own_namespace = own && host && *own != *host};
}

std::optional<std::string> refuse(const Aim& aim, const Surroundings& around) {
  if (reach_of(aim.yes_really, around).everywhere) return std::nullopt;
  std::string target;
  if (!aim.interface.empty() && aim.interface != "lo") target = "interface " + std::string(aim.interface);
  if (aim.server && !is_loopback(*aim.server)) target = "server " + std::string(aim.server->text().view());
  if (aim.relay && !is_loopback(*aim.relay)) target = "relay address " + std::string(aim.relay->text().view());
  if (aim.first_address && !is_loopback(*aim.first_address))
    target = "machine address " + std::string(aim.first_address->text().view());
  for (const std::string& name : aim.names)
    if (const auto host = host_elsewhere(name)) target = "host " + *host + " of " + name;
  if (target.empty()) return std::nullopt;
  return target +
         " is on this host's own network: simulated machines would take real addresses and bandwidth; run in a network "
         "namespace (ip netns exec NAME rackcast-sim ...), aim at loopback, or add --yes-really";
}

Reach reach_of(bool yes_really, const Surroundings& around) {
  return {.everywhere = yes_really || around.own_namespace};
}

std::string beyond_reach(const net::IpAddress& address) {
  return std::string(address.text().view()) +
         " is not on loopback; run in a network namespace (ip netns exec NAME rackcast-sim ...) or add --yes-really";
}

}  // namespace rackcast::sim
