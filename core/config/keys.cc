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
constexpr std::int64_t kRateMbitMax = 1'000'000;  // 1 Tbit/s
constexpr std::int64_t kWindowMax = 65'535;       // RFC 7440
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
    SectionSpec{"dhcp.option_space", kArray, true, "a name space of options of its own, as in vendors' option 43"},
    SectionSpec{"dhcp.option", kArray, true, "an option that has no name yet, or another one"},
    SectionSpec{"dhcp.class", kArray, true, "a kind of clients; of several that say different things the first counts"},
    SectionSpec{"dhcp.class.member", kArray, true, "what one value of the class's `match` gets besides"},
    SectionSpec{"dhcp.network", kArray, true, "several subnets on one wire (dhcpd's shared-network)"},
    SectionSpec{"dhcp.subnet", kArray, true, "a network that is served, with its pool and options"},
    SectionSpec{"dhcp.subnet.pool", kArray, true, "addresses with a rule of their own about who gets them"},
    SectionSpec{"dhcp.boot", kTable, true, "boot files by client architecture"},
    SectionSpec{"dhcp.pxe", kTable, true, "PXE's option 43: discovery, menu, prompt, MTFTP; absent: none"},
    SectionSpec{"dhcp.pxe.boot_server", kArray, true, "boot servers of one type"},
    SectionSpec{"dhcp.pxe.menu", kArray, true, "an item of the boot menu"},
    SectionSpec{"dhcp.pxe.mtftp", kTable, true, "where multicast TFTP of PXE is to be found; absent: nowhere"},
    SectionSpec{"dhcp.pxe.multicast", kTable, true, "multicast addresses that boot servers may take; absent: none"},
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
constexpr KeySpec options(std::string_view section) {
  return {section,
          "options",
          KeyKind::kOptions,
          "",
          kLive,
          "DHCP options by name: the scope's own, over those of wider scopes",
          "{ domain-name = \"a.com\", ntp-servers = [\"192.168.1.4\"] }"};
}
constexpr KeySpec rules(std::string_view section) {
  return {section,
          "rules",
          KeyKind::kRules,
          "",
          kLive,
          "statements of dhcpd.conf's language, after `options`",
          "'if known { default-lease-time 3600; }'"};
}
constexpr KeySpec octets(std::string_view section, std::string_view name, std::string_view help,
                         std::string_view example, bool required = false) {
  return {section, name, KeyKind::kOctets, "", kLive, help, example, required};
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
            "authoritative proxy off"},
    KeySpec{"dhcp", "lease_store", KeyKind::kLeaseStore, "\"sqlite\"", kRestart, "where leases are made durable",
            "\"sqlite\""},
    KeySpec{"dhcp", "conflict_probe", kChoice, "\"off\"", kLive, "asking the network before an address is offered",
            "\"off\"", false, 0, 0, "off arp icmp"},
    KeySpec{"dhcp", "machine_key", kChoice, "\"mac\"", kRestart,
            "what makes firmware, loader and system one machine with one address", "\"mac\"", false, 0, 0,
            "mac uuid client_id"},
    KeySpec{"dhcp", "leases_per_port", kInteger, "", kLive,
            "addresses that one port of a relay may hold (option 82); absent: no cap", "64", false, 1, kCountMax},
    KeySpec{"dhcp", "leases_per_relay", kInteger, "", kLive, "addresses that one relay may hold; absent: no cap",
            "4096", false, 1, kCountMax},
    KeySpec{"dhcp", "import_leases", kPath, "", kRestart,
            "a dhcpd.leases to take over, once: when our own store holds nothing", "\"/var/lib/dhcp/dhcpd.leases\""},
    options("dhcp"),
    rules("dhcp"),

    KeySpec{"dhcp.option_space", "name", kText, "", kLive, "what stands before the dot", "\"ipxe\"", true},
    KeySpec{"dhcp.option_space", "code_bytes", kInteger, "1", kLive, "width of a code on the wire", "1", false, 1, 4},
    KeySpec{"dhcp.option_space", "length_bytes", kInteger, "1", kLive, "width of a length on the wire; 0: none", "1",
            false, 0, 2},

    KeySpec{"dhcp.option", "name", kText, "", kLive, "NAME, or SPACE.NAME", "\"architecture\"", true},
    KeySpec{"dhcp.option", "code", kInteger, "", kLive, "its number", "93", true, 0, kSecondsMax},
    KeySpec{"dhcp.option", "type", kText, "", kLive, "what it holds, as dhcpd.conf writes it",
            "\"unsigned integer 16\"", true},

    KeySpec{"dhcp.class", "name", kText, "", kLive, "as rules and permits name it", "\"pxe\"", true},
    KeySpec{"dhcp.class", "match_if", KeyKind::kCondition, "", kLive, "who is a member: those for whom this is true",
            "'substring(option vendor-class-identifier, 0, 9) = \"PXEClient\"'"},
    KeySpec{"dhcp.class", "match", KeyKind::kData, "", kLive, "who is a member: those for whom this is one of members",
            "\"hardware\""},
    KeySpec{"dhcp.class", "spawn", KeyKind::kData, "", kLive,
            "each value of this is a class of its own, for lease_limit", "\"option agent.circuit-id\""},
    KeySpec{"dhcp.class", "lease_limit", kInteger, "", kLive,
            "addresses its members may hold together; absent: no limit", "4", false, 0, kCountMax},
    KeySpec{"dhcp.class", "members", KeyKind::kOctetsList, "[]", kLive, "values of `match` with nothing of their own",
            "[\"01:12:34:56:78:ab:cd\"]"},
    options("dhcp.class"),
    rules("dhcp.class"),
    octets("dhcp.class.member", "value", "the value of the class's `match`", "\"01:12:34:56:78:ab:cd\"", true),
    KeySpec{"dhcp.class.member", "lease_limit", kInteger, "", kLive,
            "addresses that its machines may hold together, in place of the class's limit", "4", false, 0, kCountMax},
    options("dhcp.class.member"),
    rules("dhcp.class.member"),

    KeySpec{"dhcp.network", "name", kText, "", kLive, "as subnets name it", "\"building-7\"", true},
    options("dhcp.network"),
    rules("dhcp.network"),

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
    KeySpec{"dhcp.subnet", "network", kText, "", kLive, "the [[dhcp.network]] it shares a wire in; absent: alone",
            "\"building-7\""},
    options("dhcp.subnet"),
    rules("dhcp.subnet"),

    KeySpec{"dhcp.subnet.pool", "range", KeyKind::kRangeList, "", kLive, "its addresses, not in another range",
            "[\"192.168.1.200-192.168.1.220\"]", true},
    KeySpec{"dhcp.subnet.pool", "bootp", kBoolean, "false", kLive, "BOOTP clients get addresses from it too", "true"},
    KeySpec{"dhcp.subnet.pool", "allow", KeyKind::kPermits, "[]", kLive,
            "who gets them; where there is any: nobody else", "[\"known-clients\", \"members of phones\"]"},
    KeySpec{"dhcp.subnet.pool", "deny", KeyKind::kPermits, "[]", kLive, "who does not, even when allowed",
            "[\"unknown-clients\"]"},
    options("dhcp.subnet.pool"),
    rules("dhcp.subnet.pool"),

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

    KeySpec{"dhcp.pxe", "discovery_control", kInteger, "", kLive,
            "bits: 1 no broadcast, 2 no multicast, 4 only the servers below, 8 the boot file at once", "3", false, 0,
            255},
    KeySpec{"dhcp.pxe", "discovery_group", kIpv4, "", kLive, "where servers are looked for by multicast",
            "\"239.255.77.2\""},
    KeySpec{"dhcp.pxe", "prompt_seconds", kInteger, "", kLive, "0: the first item at once; 255: wait for a choice",
            "10", false, 0, 255},
    KeySpec{"dhcp.pxe", "prompt", kText, "", kLive, "what is shown meanwhile", "\"Press F8 for a menu\""},
    KeySpec{"dhcp.pxe", "credential_types", KeyKind::kIntegerList, "[]", kLive,
            "that boot servers ask for (boot integrity services)", "[1]", false, 0, kSecondsMax},
    KeySpec{"dhcp.pxe.boot_server", "type", kInteger, "", kLive, "as a menu item has it", "32768", true, 0, 65'535},
    KeySpec{"dhcp.pxe.boot_server", "addresses", kIpv4List, "[]", kLive, "none: any server of that type",
            "[\"192.168.1.110\"]"},
    KeySpec{"dhcp.pxe.menu", "type", kInteger, "", kLive, "of its boot server; 0: the local disk", "32768", true, 0,
            65'535},
    KeySpec{"dhcp.pxe.menu", "text", kText, "", kLive, "as the menu shows it", "\"Install\"", true},
    KeySpec{"dhcp.pxe.menu", "file", kBootFile, "", kLive, "what a machine that chose it loads", "\"pxelinux.0\""},
    KeySpec{"dhcp.pxe.mtftp", "group", kIpv4, "", kLive, "multicast address", "\"239.255.1.1\"", true},
    KeySpec{"dhcp.pxe.mtftp", "client_port", kInteger, "", kLive, "where machines listen", "3001", true, 1, 65'535},
    KeySpec{"dhcp.pxe.mtftp", "server_port", kInteger, "", kLive, "where the server listens", "1759", true, 1, 65'535},
    KeySpec{"dhcp.pxe.mtftp", "listen_seconds", kInteger, "1", kLive, "to listen before asking", "2", false, 0, 255},
    KeySpec{"dhcp.pxe.mtftp", "delay_seconds", kInteger, "1", kLive, "without data before asking again", "2", false, 0,
            255},
    KeySpec{"dhcp.pxe.mtftp", "network_order", kBoolean, "false", kLive,
            "the ports' octets as elsewhere in DHCP; false: the lower first, as PXE's firmware has them", "true"},
    KeySpec{"dhcp.pxe.multicast", "base", kIpv4, "", kLive, "the first address", "\"239.255.2.1\"", true},
    KeySpec{"dhcp.pxe.multicast", "block", kInteger, "1", kLive, "addresses of one transfer", "1", false, 1, 65'535},
    KeySpec{"dhcp.pxe.multicast", "range", kInteger, "1", kLive, "blocks there are", "16", false, 1, 65'535},

    KeySpec{"dhcp.host", "name", kText, "", kLive, "what the log and the board call it", "\"ns\"", true},
    KeySpec{"dhcp.host", "mac", KeyKind::kMac, "", kLive, "Ethernet address; this or another identity is needed",
            "\"12:34:56:78:ab:cd\""},
    octets("dhcp.host", "client_id", "option 61 with its type octet", "\"01:12:34:56:78:ab:cd\""),
    KeySpec{"dhcp.host", "uuid", KeyKind::kUuid, "", kLive, "option 97, in the order of the wire",
            "\"00112233-4455-6677-8899-aabbccddeeff\""},
    octets("dhcp.host", "circuit_id", "the relay's port, option 82.1", "\"sw1/24\""),
    octets("dhcp.host", "remote_id", "the relay, option 82.2", "\"00:06:12:34:56:78:ab:cd\""),
    KeySpec{"dhcp.host", "identifier", KeyKind::kIdentifier, "", kLive, "any other option that tells it",
            "{ option = \"host-name\", value = \"ns\" }"},
    KeySpec{"dhcp.host", "address", kIpv4, "", kLive, "its reservation; absent: an address from the pool",
            "\"192.168.1.10\""},
    KeySpec{"dhcp.host", "more_addresses", kIpv4List, "[]", kLive,
            "besides `address`: the one that fits its network counts", "[\"192.168.2.10\"]"},
    KeySpec{"dhcp.host", "next_server", kIpv4, "", kLive, "instead of the subnet's", "\"192.168.1.110\""},
    KeySpec{"dhcp.host", "filename", kBootFile, "", kLive, "instead of [dhcp.boot]", "\"pxelinux.0\""},
    KeySpec{"dhcp.host", "hostname", KeyKind::kHostnamePattern, "", kLive, "instead of the subnet's pattern",
            "\"ns.a.com\""},
    options("dhcp.host"),
    rules("dhcp.host"),

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
