// The configuration as an immutable snapshot: plain structs, validated, every default filled in. Made by parse_config
// (core/config/parse.h), shared by shared_ptr<const Config>, swapped by mailbox (ConfigSwapped). Units are in the
// names. A section that is absent is nullopt: that service is off. A limit that is absent is no limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config/dhcp_config.h"
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
