// The configuration as an immutable snapshot: plain structs, validated, every default filled in. Made by parse_config
// (core/config/parse.h), shared by shared_ptr<const Config>, swapped by mailbox (ConfigSwapped). Units are in the
// names. A section that is absent is nullopt: that service is off. A limit that is absent is no limit.
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

enum class IoKind : std::uint8_t { kIoUring, kSocket, kDpdk, kPacket };

struct ServerConfig {
  std::vector<std::string> interfaces;  // answers only here; never empty when [dhcp] or [tftp] is on
  IoKind io = IoKind::kIoUring;
  std::vector<unsigned> cores;         // one datagram lane pinned to each; empty: one lane, not pinned
  std::vector<unsigned> stream_cores;  // HTTP/FTP threads; empty: one thread, not pinned
  std::string user = "rackcast";       // dropped to once the sockets are open; "root" keeps root
  std::string state_dir = "/var/lib/rackcast";
};

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

struct Cps {
  std::uint32_t rate = 0;  // connections per second
  std::uint32_t wait_seconds = 0;
};
enum class AdmissionPolicy : std::uint8_t { kQueue, kXinetd };

// A span of the local day in minutes from midnight, both ends included.
struct DaySpan {
  std::uint16_t first = 0;
  std::uint16_t last = 0;
};

// xinetd's limits, the same for TFTP, FTP and HTTP (design §6).
struct AdmissionConfig {
  std::optional<std::uint32_t> instances;
  std::optional<std::uint32_t> per_source;
  std::optional<Cps> cps;
  std::optional<std::vector<net::IpPrefix>> only_from;  // absent: everybody; empty: nobody
  std::vector<net::IpPrefix> no_access;
  std::vector<DaySpan> access_times;                 // none: at any time
  bool log_on_failure = true;                        // a line for each refusal
  AdmissionPolicy policy = AdmissionPolicy::kQueue;  // key `admission`
};

struct PortRange {
  std::uint16_t first = 0;
  std::uint16_t last = 0;  // inclusive
  [[nodiscard]] std::size_t count() const { return std::size_t{last} - first + 1; }
};
// Transfers' ports that a lane should have: with fewer, who forges a request guesses the transfer's port too easily.
inline constexpr std::size_t kTransferPortsFew = 4;

// Terms for some machines ([[tftp.class]]): the first class that fits counts. What a class leaves out fits everybody,
// or is [tftp]'s.
struct TftpClassConfig {
  std::string name;
  std::string architecture;              // "bios" "efi32" "efi64" "arm32" "arm64"; "" = any
  std::string vendor_class;              // how option 60 begins; "" = any
  std::optional<net::IpPrefix> network;  // of the machine's address
  std::optional<std::uint16_t> max_blksize;
  std::optional<std::uint16_t> max_windowsize;
  std::uint8_t rollover = 0;  // the block number after 65 535
};

// A cap for all machines of a network together ([[tftp.network]]): the first network that holds a machine counts.
inline constexpr std::size_t kTftpNetworksMax = 64;
struct TftpNetworkConfig {
  net::IpPrefix network;
  std::uint32_t rate_mbit = 0;
};

// A folder of the root for each machine.
enum class UniqueRoot : std::uint8_t { kOff, kIp, kMac };

// Files that clients send (WRQ), all into one directory.
struct UploadConfig {
  std::string dir;                                          // key `upload_dir`; absolute, not below a root; "" = off
  std::uint64_t bytes_max = std::uint64_t{64} << 20U;       // key `upload_bytes_max`; of one file
  std::uint64_t total_bytes_max = std::uint64_t{1} << 30U;  // key `upload_total_bytes_max`; of all files in `dir`
  std::uint32_t rate_mbit = 100;                            // key `upload_rate_mbit`; of all uploads together
};

struct TftpConfig {
  std::vector<net::Endpoint> listen;  // default 0.0.0.0:69, and [::]:69 where IPv6 is on
  bool listen_given = false;          // false: the default, of which IPv6 may be missing
  std::string root;                   // absolute
  AdmissionConfig admission;
  std::uint16_t max_windowsize = 64;
  std::uint16_t max_blksize = 65'464;
  bool single_port = false;
  std::optional<PortRange> tid_ports;        // key `ports`; transfers' own ports; default: the kernel's ephemeral range
  std::string map_file;                      // absolute, tftp-hpa's -m (core/quirks/name_map.h); "" = names as asked
  std::vector<std::string> refused_options;  // answered as if we did not know them
  std::optional<std::uint32_t> rate_mbit;    // cap of all transfers together
  std::optional<std::uint32_t> rate_mbit_per_machine;  // cap of each machine
  std::optional<std::uint32_t> retransmit_us;          // first wait before a block is sent again
  UniqueRoot unique_root = UniqueRoot::kOff;
  bool clamp_to_mtu = false;  // no block that would be cut into fragments
  std::vector<TftpClassConfig> classes;
  std::vector<TftpNetworkConfig> networks;
  std::uint32_t transfers_max = 16'384;                 // of one lane, running and just ended
  std::uint64_t cache_bytes = std::uint64_t{2} << 30U;  // image budget
  UploadConfig upload;
};

struct HttpConfig {
  std::vector<net::Endpoint> listen;  // default 0.0.0.0:80
  std::string root;
  AdmissionConfig admission;
};

struct FtpConfig {
  std::vector<net::Endpoint> listen;  // default 0.0.0.0:21
  std::string root;
  std::optional<PortRange> passive_ports;  // default: the kernel's ephemeral range
  AdmissionConfig admission;
};

struct BoardConfig {
  net::Endpoint listen;  // default 127.0.0.1:8077
};

struct LogConfig {
  std::string level = "info";  // trace debug info warning error
  bool syslog = false;
};

struct Config {
  ServerConfig server;
  std::optional<DhcpConfig> dhcp;  // nullopt also for mode = "off"
  std::optional<TftpConfig> tftp;
  std::optional<HttpConfig> http;
  std::optional<FtpConfig> ftp;
  std::optional<BoardConfig> board;
  LogConfig log;
};

}  // namespace rackcast
