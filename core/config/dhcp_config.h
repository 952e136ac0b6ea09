// The configuration's [dhcp]: networks, pools, hosts, classes, boot files, PXE. Plain structs as config.h has them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/policy/option_catalog.h"
#include "core/policy/rules.h"
#include "proto/net/address.h"
#include "proto/net/ip_prefix.h"

namespace rackcast {

enum class DhcpMode : std::uint8_t { kAuthoritative, kProxy, kOff };
enum class ConflictProbe : std::uint8_t { kOff, kArp, kIcmp };

struct AddressRange {
  net::Ipv4Address first;
  net::Ipv4Address last;  // inclusive
};

struct LeaseSeconds {
  std::uint32_t preset = 43'200;   // key `default`
  std::uint32_t longest = 86'400;  // key `max`
};

// Who may have an address of a pool (dhcpd's permits). Any `allow` present: all others are denied; `deny` beats
// `allow`.
enum class PermitKind : std::uint8_t { kKnownClients, kUnknownClients, kMembersOf, kDynamicBootp, kAllClients };
struct Permit {
  PermitKind kind = PermitKind::kAllClients;
  std::uint16_t class_number = 0;  // of kMembersOf, in DhcpConfig::classes
};

// Addresses of a subnet with a rule of their own about who gets them.
struct PoolConfig {
  std::vector<AddressRange> ranges;  // within the subnet, disjoint from every other range
  bool bootp = false;
  std::vector<Permit> allow;
  std::vector<Permit> deny;
  Rules rules;
};

// Subnets on one wire.
struct SharedNetworkConfig {
  std::string name;
  Rules rules;
};

struct SubnetConfig {
  net::Ipv4Prefix subnet;
  std::optional<std::uint16_t> network;  // DhcpConfig::networks; absent: alone on its wire
  std::vector<PoolConfig> pools;         // besides `ranges`, which is the pool without permits
  Rules rules;                           // after the keys below
  std::vector<AddressRange> ranges;      // within subnet, disjoint
  bool bootp = false;                    // dhcpd's `range dynamic-bootp`
  std::vector<net::Ipv4Address> routers;
  std::vector<net::Ipv4Address> dns;
  std::optional<std::string> domain;            // option 15
  std::optional<net::Ipv4Address> next_server;  // siaddr and 66; default: the address that was asked
  LeaseSeconds lease_seconds;
  std::string hostname;  // option 12 by pattern, "" = none; {{last_octet}}, {{mac}}, {{address}}
};

// How a host entry knows its machine besides by its MAC address.
struct HostIdentity {
  std::vector<std::byte> client_identifier;          // option 61, raw
  std::optional<std::array<std::uint8_t, 16>> uuid;  // option 97's octets as on the wire
  std::vector<std::byte> circuit_id;                 // option 82.1
  std::vector<std::byte> remote_id;                  // option 82.2
  std::optional<OptionKey> option;                   // dhcpd's host-identifier option …
  std::vector<std::byte> option_value;               // … and its value
};

// Several hosts may have one identity, each with an address: that whose address fits the client's network counts. A
// host with several identities is the machine that has any of them.
struct HostConfig {
  std::string name;
  net::MacAddress mac;  // zero: it is known by `identity` alone
  HostIdentity identity;
  std::vector<net::Ipv4Address> more_addresses;  // besides `address`: whichever fits the client's network
  Rules rules;                                   // its groups', outermost first, then its own
  std::optional<net::Ipv4Address> address;       // a reservation; without it the host is only "known"
  std::optional<net::Ipv4Address> next_server;
  std::optional<std::string> filename;
  std::optional<std::string> hostname;
};

// Boot files by client architecture. Keys of both maps: "bios" "efi32" "efi64" "arm32" "arm64" "default".
struct BootConfig {
  std::map<std::string, std::string> by_architecture;
  std::map<std::string, std::string> ipxe;  // for clients that run iPXE; a string in TOML is {"default": …}
  std::string http;                         // for UEFI HTTP boot (HTTPClient); "" = not offered
};

// A class: clients for which `match_if` holds, or, with `match`, those whose data is that of a subclass. Of several
// classes that match and say different things the first counts.
struct SubclassConfig {
  std::vector<std::byte> value;
  Rules rules;
  std::optional<std::uint32_t> lease_limit = std::nullopt;  // its own, in place of the class's
};
struct ClassConfig {
  std::string name;
  Expression match_if;
  Expression match;
  Expression spawn;  // each value of it makes a class of its own, for `lease_limit`
  std::optional<std::uint32_t> lease_limit;
  Rules rules;
  std::vector<SubclassConfig> subclasses;  // by value, in order
};

// What a machine is to the lease table, so that its firmware, loader and system get one address.
enum class MachineKeyKind : std::uint8_t { kMac, kUuid, kClientIdentifier };

// PXE option 43 for clients that ask for a menu, discovery or MTFTP (PXE 2.1 §2.2; protocols reference §1.7).
struct PxeBootServer {
  std::uint16_t type = 0;
  std::vector<net::Ipv4Address> addresses;  // none: any server of that type
};
struct PxeMenuItem {
  std::uint16_t type = 0;  // 0: boot from the local disk
  std::string text;
  std::string file;  // what a REQUEST for this item is answered with; layer 0
};
struct PxeMtftp {
  net::Ipv4Address group;
  std::uint16_t client_port = 0;
  std::uint16_t server_port = 0;
  std::uint8_t listen_seconds = 1;
  std::uint8_t delay_seconds = 1;
  bool network_order = false;  // of the ports on the wire; false: little-endian, as PXE's own header has them
};
struct PxeMulticast {  // addresses that boot servers may take for transfers of theirs
  net::Ipv4Address base;
  std::uint16_t block = 1;
  std::uint16_t range = 1;
};
struct PxeConfig {
  std::optional<std::uint8_t> discovery_control;
  std::optional<net::Ipv4Address> discovery_group;
  std::vector<PxeBootServer> boot_servers;
  std::vector<PxeMenuItem> menu;
  std::optional<std::uint8_t> prompt_seconds;  // 0: the first item at once; 255: wait for a choice
  std::string prompt;
  std::optional<PxeMtftp> mtftp;
  std::optional<PxeMulticast> multicast;
  std::vector<std::uint32_t> credential_types;  // that boot servers ask for
};

struct DhcpConfig {
  std::shared_ptr<const OptionCatalog> catalog;  // null: the built-in options
  Rules rules;                                   // for every client
  std::vector<SharedNetworkConfig> networks;
  std::vector<ClassConfig> classes;
  MachineKeyKind machine_key = MachineKeyKind::kMac;
  std::optional<PxeConfig> pxe;
  // Against invented MACs: addresses one relay port (option 82, else giaddr) and one relay may hold; absent: no cap.
  std::optional<std::uint32_t> leases_per_port;
  std::optional<std::uint32_t> leases_per_relay;
  DhcpMode mode = DhcpMode::kAuthoritative;
  std::string lease_store = "sqlite";
  std::string import_leases;  // absolute path of a dhcpd.leases, taken over when our own store is empty; "" = none
  ConflictProbe conflict_probe = ConflictProbe::kOff;
  std::vector<SubnetConfig> subnets;
  BootConfig boot;
  std::vector<HostConfig> hosts;
};

}  // namespace rackcast
