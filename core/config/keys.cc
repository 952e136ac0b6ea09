#include "core/config/keys.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "core/near_name.h"

namespace rackcast {
namespace {

constexpr std::int64_t kCpuMax = 1023;               // CPU_SETSIZE - 1
constexpr std::int64_t kSecondsMax = 4'294'967'295;  // option 51 is 32 bits; all ones = for ever
constexpr std::int64_t kCountMax = 1'000'000;
constexpr std::int64_t kBlockSizeMin = 8;  // RFC 2348
constexpr std::int64_t kBlockSizeMax = 65'464;
constexpr std::int64_t kRetransmitMicrosecondsMin = 10'000;  // as the option utimeout allows
constexpr std::int64_t kRetransmitMicrosecondsMax = 255'000'000;
constexpr std::int64_t kRateMbitMax = 1'000'000;                // 1 Tbit/s
constexpr std::int64_t kWindowMax = 65'535;                     // RFC 7440
constexpr std::int64_t kTransfersMin = 64;
constexpr std::int64_t kTransfersMax = 1'000'000;
constexpr std::int64_t kCacheBytesMin = 1 << 20;                // smaller holds not even an NBP and its modules
constexpr std::int64_t kCacheBytesMax = std::int64_t{1} << 44;  // 16 TiB: a slip of the keyboard, not a machine

constexpr std::int64_t kUploadBytesMax = std::int64_t{1} << 40;  // 1 TiB
constexpr std::int64_t kUploadRateMax = 100'000;

constexpr SectionShape kTable = SectionShape::kTable;
constexpr SectionShape kArray = SectionShape::kArrayOfTables;

constexpr std::array kSections{
    SectionSpec{"server", kTable, true, "interfaces, backend, cores and the user the daemon becomes"},
    SectionSpec{"dhcp", kTable, true, "DHCP and BOOTP; absent: off"},
    SectionSpec{"dhcp.subnet", kArray, true, "a network that is served, with its pool and options"},
    SectionSpec{"dhcp.boot", kTable, true, "boot files by client architecture"},
    SectionSpec{"dhcp.host", kArray, true, "a known machine, with or without a reserved address"},
    SectionSpec{"tftp", kTable, true, "TFTP; absent: off"},
    SectionSpec{"tftp.network", kArray, true,
                "a cap for a network's machines together: the first that holds one counts"},
    SectionSpec{"tftp.class", kArray, true, "terms for some machines: the first that fits counts"},
    SectionSpec{"http", kTable, true, "the install tree over HTTP; absent: off"},
    SectionSpec{"ftp", kTable, true, "the install tree over anonymous FTP; absent: off"},
    SectionSpec{"cast", kArray, false, "multicast of images"},
    SectionSpec{"dpdk", kTable, false, "arguments of io = \"dpdk\""},
    SectionSpec{"board", kTable, true, "the boot board's page and API; absent: off"},
    SectionSpec{"log", kTable, true, "what is logged and where"},
};

constexpr KeyKind kText = KeyKind::kText;
constexpr KeyKind kPath = KeyKind::kPath;
constexpr KeyKind kBoolean = KeyKind::kBoolean;
constexpr KeyKind kInteger = KeyKind::kInteger;
constexpr KeyKind kIntegerList = KeyKind::kIntegerList;
constexpr KeyKind kChoice = KeyKind::kChoice;
constexpr KeyKind kIpv4 = KeyKind::kIpv4;
constexpr KeyKind kIpv4List = KeyKind::kIpv4List;
constexpr KeyKind kBootFile = KeyKind::kBootFile;
constexpr KeyKind kEndpointList = KeyKind::kEndpointList;
constexpr KeyKind kAny = KeyKind::kAny;
constexpr Applies kLive = Applies::kLive;
constexpr Applies kRestart = Applies::kRestart;

constexpr KeySpec instances(std::string_view section) {
  return {section, "instances", kInteger, "", kLive, "transfers running at once", "60", false, 1, kCountMax};
}
constexpr KeySpec per_source(std::string_view section) {
  return {section, "per_source", kInteger, "",       kLive, "transfers running at once for one address",
          "11",    false,        1,        kCountMax};
}
constexpr KeySpec cps(std::string_view section) {
  return {section,    "cps", KeyKind::kCps,
          "",         kLive, "[connections a second, seconds to wait when there are more]",
          "[100, 2]", false, 1,
          kCountMax};
}
constexpr KeySpec admission(std::string_view section) {
  return {section,     "admission",   kChoice,
          "\"queue\"", kLive,         "over a limit: delay the answer, or refuse as xinetd does",
          "\"queue\"", false,         0,
          0,           "queue xinetd"};
}
constexpr KeySpec only_from(std::string_view section) {
  return {section,
          "only_from",
          KeyKind::kAccessList,
          "",
          kLive,
          "who may come: addresses and networks; empty: nobody",
          "[\"192.168.1.0/24\", \"fd00::/8\"]"};
}
constexpr KeySpec no_access(std::string_view section) {
  return {section,
          "no_access",
          KeyKind::kAccessList,
          "[]",
          kLive,
          "who may not: addresses and networks",
          "[\"192.168.1.13\"]"};
}
constexpr KeySpec access_times(std::string_view section) {
  return {section,
          "access_times",
          KeyKind::kDaySpans,
          "[]",
          kLive,
          "when machines may come, local time, both ends included; none: always",
          "[\"07:00-19:30\"]"};
}
constexpr KeySpec log_on_failure(std::string_view section) {
  return {section, "log_on_failure", kBoolean, "true", kLive, "a line for each refusal", "false"};
}
constexpr KeySpec boot_file(std::string_view name, std::string_view help, std::string_view example) {
  return {"dhcp.boot", name, kBootFile, "", kLive, help, example};
}
constexpr KeySpec not_built(std::string_view section, std::string_view name, std::string_view help,
                            std::string_view example) {
  return {section, name, kAny, "", kRestart, help, example};
}

constexpr std::array kKeys{
    KeySpec{"server", "interfaces", KeyKind::kInterfaceList, "", kRestart,
            "DHCP and TFTP are answered only on these; needed when either is on", "[\"eth0\"]"},
    KeySpec{"server", "io", kChoice, "\"io_uring\"", kRestart, "packet backend of DHCP and TFTP", "\"socket\"", false,
            0, 0, "io_uring socket dpdk packet", "dpdk packet"},
    KeySpec{"server", "cores", kIntegerList, "[]", kRestart,
            "one datagram lane pinned to each; empty: one lane, not pinned", "[2, 3]", false, 0, kCpuMax},
    KeySpec{"server", "stream_cores", kIntegerList, "[]", kRestart,
            "HTTP and FTP threads, one pinned to each; empty: one thread, not pinned", "[4]", false, 0, kCpuMax},
    KeySpec{"server", "user", kText, "\"rackcast\"", kRestart,
            "who the daemon becomes once its sockets are open; \"root\" keeps root", "\"rackcast\""},
    KeySpec{"server", "state_dir", kPath, "\"/var/lib/rackcast\"", kRestart, "leases and other state",
            "\"/var/lib/rackcast\""},

    KeySpec{"dhcp", "mode", kChoice, "\"authoritative\"", kRestart,
            "the network's DHCP server, a proxy beside one, or off", "\"authoritative\"", false, 0, 0,
            "authoritative proxy off", "proxy"},
    KeySpec{"dhcp", "lease_store", KeyKind::kLeaseStore, "\"sqlite\"", kRestart, "where leases are made durable",
            "\"sqlite\""},
    KeySpec{"dhcp", "conflict_probe", kChoice, "\"off\"", kLive, "asking the network before an address is offered",
            "\"off\"", false, 0, 0, "off arp icmp", "arp icmp"},

    KeySpec{"dhcp.subnet", "subnet", KeyKind::kPrefix, "", kLive, "the network, address/length", "\"192.168.1.0/24\"",
            true},
    KeySpec{"dhcp.subnet", "range", KeyKind::kRangeList, "[]", kLive,
            "addresses handed out; none: only reservations are served", "[\"192.168.1.2-192.168.1.253\"]"},
    KeySpec{"dhcp.subnet", "bootp", kBoolean, "false", kLive, "BOOTP clients get addresses from `range` too", "true"},
    KeySpec{"dhcp.subnet", "routers", kIpv4List, "[]", kLive, "option 3", "[\"192.168.1.254\"]"},
    KeySpec{"dhcp.subnet", "dns", kIpv4List, "[]", kLive, "option 6", "[\"192.168.1.254\"]"},
    KeySpec{"dhcp.subnet", "domain", kText, "", kLive, "option 15", "\"a.com\""},
    KeySpec{"dhcp.subnet", "next_server", kIpv4, "", kLive,
            "TFTP server (siaddr, option 66); absent: the address that was asked", "\"192.168.1.110\""},
    KeySpec{"dhcp.subnet", "lease_seconds", KeyKind::kLeaseSeconds, "{ default = 43200, max = 86400 }", kLive,
            "lease time when the client asks for none, and the longest it may ask for",
            "{ default = 21600, max = 43200 }", false, 1, kSecondsMax},
    KeySpec{"dhcp.subnet", "hostname", KeyKind::kHostnamePattern, "", kLive,
            "option 12 by pattern: {{last_octet}}, {{address}}, {{mac}}", "\"station{{last_octet}}.a.com\""},

    boot_file("bios", "NBP of BIOS clients", "\"pxelinux.0\""),
    boot_file("efi32", "NBP of 32-bit x86 UEFI clients", "\"ipxe32.efi\""),
    boot_file("efi64", "NBP of 64-bit x86 UEFI clients", "\"ipxe.efi\""),
    boot_file("arm32", "NBP of 32-bit ARM UEFI clients", "\"ipxe-arm32.efi\""),
    boot_file("arm64", "NBP of 64-bit ARM UEFI clients", "\"ipxe-arm64.efi\""),
    boot_file("default", "NBP of clients whose architecture has no key of its own", "\"pxelinux.0\""),
    boot_file("http", "URL for UEFI HTTP boot; {{server}} is the address that was asked",
              "\"http://{{server}}/ipxe.efi\""),
    KeySpec{"dhcp.boot", "ipxe", KeyKind::kBootFileByArchitecture, "", kLive,
            "instead of the NBP for clients that already run iPXE: one for all, or a table by architecture",
            "{ efi64 = \"http://{{server}}/boot.ipxe\" }"},

    KeySpec{"dhcp.host", "name", kText, "", kLive, "what the log and the board call it", "\"ns\"", true},
    KeySpec{"dhcp.host", "mac", KeyKind::kMac, "", kLive, "Ethernet address", "\"12:34:56:78:ab:cd\"", true},
    KeySpec{"dhcp.host", "address", kIpv4, "", kLive, "its reservation; absent: an address from the pool",
            "\"192.168.1.10\""},
    KeySpec{"dhcp.host", "next_server", kIpv4, "", kLive, "instead of the subnet's", "\"192.168.1.110\""},
    KeySpec{"dhcp.host", "filename", kBootFile, "", kLive, "instead of [dhcp.boot]", "\"pxelinux.0\""},
    KeySpec{"dhcp.host", "hostname", KeyKind::kHostnamePattern, "", kLive, "instead of the subnet's pattern",
            "\"ns.a.com\""},

    KeySpec{"tftp", "listen", kEndpointList, "[\"0.0.0.0:69\", \"[::]:69\"]", kRestart,
            "addresses and ports; the default leaves IPv6 out where it is off", "[\"0.0.0.0:69\"]"},
    KeySpec{"tftp", "root", kPath, "", kRestart, "what is served", "\"/tftpboot\"", true},
    instances("tftp"),
    per_source("tftp"),
    cps("tftp"),
    only_from("tftp"),
    no_access("tftp"),
    access_times("tftp"),
    log_on_failure("tftp"),
    admission("tftp"),
    KeySpec{"tftp", "max_windowsize", kInteger, "64", kLive, "largest window granted, blocks (RFC 7440)", "64", false,
            1, kWindowMax},
    KeySpec{"tftp", "max_blksize", kInteger, "65464", kLive, "largest block granted, bytes (RFC 2348)", "1468", false,
            kBlockSizeMin, kBlockSizeMax},
    KeySpec{"tftp", "single_port", kBoolean, "false", kRestart, "transfers stay on the port that was asked", "false"},
    KeySpec{"tftp", "ports", KeyKind::kPortRange, "", kRestart,
            "ports of transfers; absent: the kernel's ephemeral range", "\"50000-50999\"", false, 1, 65'535},
    KeySpec{"tftp", "map_file", kPath, "", kRestart, "rules that rename what is asked for (tftp-hpa's -m)",
            "\"/etc/tftpd.map\""},
    KeySpec{"tftp", "refused_options", KeyKind::kTextList, "[]", kLive, "options answered as if unknown",
            "[\"blksize\"]", false, 0, 0, "blksize tsize timeout utimeout windowsize rollover blksize2 multicast"},
    KeySpec{"tftp", "rate_mbit", kInteger, "", kLive,
            "cap of all transfers together, Mbit/s; nobody gets under 1000 B/s", "800", false, 1, kRateMbitMax},
    KeySpec{"tftp", "rate_mbit_per_machine", kInteger, "", kLive, "cap of each machine, Mbit/s", "100", false, 1,
            kRateMbitMax},
    KeySpec{"tftp", "retransmit_us", kInteger, "", kLive,
            "first wait before a block is sent again, microseconds; the client's own timeout option goes first",
            "1000000", false, kRetransmitMicrosecondsMin, kRetransmitMicrosecondsMax},
    KeySpec{"tftp", "unique_root", KeyKind::kChoice, "\"off\"", kLive,
            "look first in a folder named after the machine's IP or MAC address", "\"ip\"", false, 0, 0, "off ip mac"},
    KeySpec{"tftp", "clamp_to_mtu", kBoolean, "false", kLive,
            "no block that is longer than a packet of the interface it leaves by", "true"},
    KeySpec{"tftp", "transfers_max", kInteger, "16384", kRestart,
            "transfers at once, of one lane, those that just ended included; 1 KiB of memory each", "100000", false,
            kTransfersMin, kTransfersMax},
    KeySpec{"tftp", "cache_bytes", kInteger, "2147483648", kRestart, "memory for images", "4294967296", false,
            kCacheBytesMin, kCacheBytesMax},

    KeySpec{"tftp", "upload_dir", kPath, "", kRestart, "where files that clients send go; absent: none are accepted",
            "\"/var/lib/rackcast/uploads\""},
    KeySpec{"tftp", "upload_bytes_max", kInteger, "67108864", kLive, "largest file accepted, bytes", "67108864", false,
            1, kUploadBytesMax},
    KeySpec{"tftp", "upload_total_bytes_max", kInteger, "1073741824", kRestart,
            "what upload_dir may hold, bytes; a file counts as 4096 at least", "1073741824", false, 1, kUploadBytesMax},
    KeySpec{"tftp", "upload_rate_mbit", kInteger, "100", kLive, "of all uploads together, megabits a second", "100",
            false, 1, kUploadRateMax},
    KeySpec{"tftp.network", "network", kText, "", kLive, "the machines' addresses", "\"192.168.7.0/24\"", true},
    KeySpec{"tftp.network", "rate_mbit", kInteger, "", kLive, "cap of all its machines together, Mbit/s", "800", true,
            1, kRateMbitMax},
    KeySpec{"tftp.class", "name", kText, "", kLive, "for the reader", "\"old firmware\"", true},
    KeySpec{"tftp.class", "architecture", KeyKind::kChoice, "", kLive, "machines of this kind, as DHCP heard it",
            "\"efi64\"", false, 0, 0, "bios efi32 efi64 arm32 arm64"},
    KeySpec{"tftp.class", "vendor_class", kText, "", kLive, "machines whose option 60 begins so",
            "\"PXEClient:Arch:00007\""},
    KeySpec{"tftp.class", "network", kText, "", kLive, "machines with an address of this network",
            "\"192.168.7.0/24\""},
    KeySpec{"tftp.class", "max_blksize", kInteger, "", kLive, "instead of [tftp]'s", "1024", false, kBlockSizeMin,
            kBlockSizeMax},
    KeySpec{"tftp.class", "max_windowsize", kInteger, "", kLive, "instead of [tftp]'s", "4", false, 1, kWindowMax},
    KeySpec{"tftp.class", "rollover", kInteger, "0", kLive, "the block number after 65535", "1", false, 0, 1},

    KeySpec{"http", "listen", kEndpointList, "[\"0.0.0.0:80\"]", kRestart, "addresses and ports", "[\"0.0.0.0:80\"]"},
    KeySpec{"http", "root", kPath, "", kLive, "what is served", "\"/var/ftp\"", true},
    instances("http"),
    per_source("http"),
    cps("http"),
    only_from("http"),
    no_access("http"),
    access_times("http"),
    log_on_failure("http"),
    admission("http"),

    KeySpec{"ftp", "listen", kEndpointList, "[\"0.0.0.0:21\"]", kRestart, "addresses and ports", "[\"0.0.0.0:21\"]"},
    KeySpec{"ftp", "root", kPath, "", kLive, "what is served", "\"/var/ftp\"", true},
    KeySpec{"ftp", "passive_ports", KeyKind::kPortRange, "", kLive,
            "ports of passive data connections; absent: the kernel's ephemeral range", "\"50000-50999\"", false, 1,
            65'535},
    instances("ftp"),
    per_source("ftp"),
    cps("ftp"),
    only_from("ftp"),
    no_access("ftp"),
    access_times("ftp"),
    log_on_failure("ftp"),
    admission("ftp"),

    not_built("cast", "image", "a path under the TFTP root", "\"initrd.img\""),
    not_built("cast", "group", "multicast address and port", "\"239.255.77.1:7700\""),
    not_built("cast", "interface", "where it is sent", "\"eth0\""),
    not_built("cast", "ttl", "hops", "1"),
    not_built("cast", "rate_mbit", "sending rate, megabits a second", "900"),
    not_built("cast", "start", "when a session starts", "\"on-demand\""),
    not_built("dpdk", "eal", "arguments of the EAL", "[\"--in-memory\"]"),

    KeySpec{"board", "listen", KeyKind::kEndpoint, "\"127.0.0.1:8077\"", kRestart,
            "page, /api/machines, /metrics, /healthz", "\"127.0.0.1:8077\""},
    KeySpec{"log", "level", kChoice, "\"info\"", kLive, "how much is logged", "\"info\"", false, 0, 0,
            "trace debug info warning error"},
    KeySpec{"log", "syslog", kBoolean, "false", kLive,
            "to syslog as well (facility daemon), in dhcpd's line shapes; always on in the background", "true"},
};

std::string_view parent_of(std::string_view section) {
  const std::size_t dot = section.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : section.substr(0, dot);
}

std::string_view last_part(std::string_view section) {
  const std::size_t dot = section.rfind('.');
  return dot == std::string_view::npos ? section : section.substr(dot + 1);
}

}  // namespace

std::span<const SectionSpec> config_sections() {
  return kSections;
}

std::span<const KeySpec> config_keys() {
  return kKeys;
}

const SectionSpec* find_section(std::string_view name) {
  const auto* const found =
      std::find_if(kSections.begin(), kSections.end(), [&](const auto& s) { return s.name == name; });
  return found == kSections.end() ? nullptr : found;
}

const KeySpec* find_key(std::string_view section, std::string_view name) {
  const auto* const found = std::find_if(kKeys.begin(), kKeys.end(),
                                         [&](const auto& key) { return key.section == section && key.name == name; });
  return found == kKeys.end() ? nullptr : found;
}

std::string full_name(const KeySpec& key) {
  std::string name(key.section);
  name += '.';
  name += key.name;
  return name;
}

std::string_view did_you_mean(std::string_view section, std::string_view unknown) {
  NearName near(unknown);
  for (const SectionSpec& s : kSections)
    if (parent_of(s.name) == section) near.consider(last_part(s.name));
  for (const KeySpec& key : kKeys)
    if (key.section == section) near.consider(key.name);
  return near.best();
}

std::string describe_keys() {
  std::string text;
  for (const SectionSpec& section : kSections) {
    const bool array = section.shape == SectionShape::kArrayOfTables;
    text += std::string(array ? "[[" : "[") + std::string(section.name) + (array ? "]]" : "]");
    text += "  # " + std::string(section.help) + (section.built ? "\n" : "; not built yet\n");
    for (const KeySpec& key : kKeys) {
      if (key.section != section.name) continue;
      std::string line = "  " + std::string(key.name) + " = ";
      line += key.preset.empty() ? std::string(key.example) : std::string(key.preset);
      if (line.size() < 48) line.resize(48, ' ');
      line += key.required ? " # required" : key.preset.empty() ? " # no default" : " # default";
      line += key.applies == Applies::kLive ? ", live: " : ", restart: ";
      text += line + std::string(key.help) + "\n";
    }
  }
  return text;
}

}  // namespace rackcast
