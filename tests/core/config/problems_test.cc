// A table of bad files: each with every problem it must give, by line, kind, key and a part of the sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/parse.h"

namespace rackcast {
namespace {

struct Expected {
  Severity severity;
  std::uint32_t line;
  const char* key;
  const char* part;  // of the message
};

struct Case {
  const char* name;
  std::string text;
  std::vector<Expected> expected;
};

constexpr Severity kError = Severity::kError;
constexpr Severity kWarning = Severity::kWarning;

// Lines 1 to 5; what a case appends begins on line 6.
const std::string kDhcp = "[server]\ninterfaces = [\"eth0\"]\n[dhcp]\n[[dhcp.subnet]]\nsubnet = \"192.168.1.0/24\"\n";
// Lines 1 and 2.
const std::string kServer = "[server]\ninterfaces = [\"eth0\"]\n";
// Lines 1 and 2; keys of [http] go on.
const std::string kHttp = "[http]\nroot = \"/h\"\n";

std::vector<Case> cases() {
  return {
      {"UnknownKeyNearAnother",
       kHttp + "lisen = [\"0.0.0.0:80\"]\n",
       {{kError, 3, "http.lisen", "unknown key \"lisen\"; did you mean \"listen\"?"}}},
      {"UnknownKeySwappedLetters",
       kServer + "coers = [1]\n" + kHttp,
       {{kError, 3, "server.coers", "did you mean \"cores\"?"}}},
      {"UnknownKeyOfAnotherSection",
       "interfaces = [\"eth0\"]\n" + kHttp,
       {{kError, 1, "interfaces", "unknown key \"interfaces\"; it belongs in [server]"}}},
      {"UnknownKeyNearNothing",
       kHttp + "frobnicate = 1\n",
       {{kError, 3, "http.frobnicate", "unknown key \"frobnicate\""}}},
      {"UnknownSection",
       "[htpp]\nroot = \"/h\"\n",
       {{kError, 1, "htpp", "unknown section \"htpp\"; did you mean \"http\"?"}}},
      {"UnknownSubSection",
       kDhcp + "[[dhcp.hosts]]\nname = \"a\"\n",
       {{kError, 6, "dhcp.hosts", "did you mean \"host\"?"}}},
      {"WrongTypes",
       "[http]\nroot = 7\nlisten = \"0.0.0.0:80\"\ninstances = \"many\"\n[log]\nsyslog = \"yes\"\nlevel = 3\n",
       {{kError, 2, "http.root", "must be a string, not an integer"},
        {kError, 3, "http.listen", "must be an array, not a string"},
        {kError, 4, "http.instances", "must be an integer, not a string"},
        {kError, 6, "log.syslog", "must be a boolean, not a string"},
        {kError, 7, "log.level", "must be a string, not an integer"}}},
      {"UploadsIntoWhatIsServed",
       kServer + "[tftp]\nroot = \"/t\"\nupload_dir = \"/t/up\"\n",
       {{kError, 5, "tftp.upload_dir", "\"/t/up\" and the root \"/t\" of [tftp] lie in each other"}}},
      {"UploadsAboveWhatIsServed",
       kServer + "[tftp]\nroot = \"/srv//t\"\nupload_dir = \"/srv\"\n",
       {{kError, 5, "tftp.upload_dir", "lie in each other"}}},
      {"UploadsIntoWhatHttpServes",
       kServer + "[tftp]\nroot = \"/t\"\nupload_dir = \"/srv//www/up\"\n[http]\nroot = \"/srv/www\"\n",
       {{kError, 5, "tftp.upload_dir", "the root \"/srv/www\" of [http]"}}},
      {"UploadsIntoWhatFtpServes",
       kServer + "[tftp]\nroot = \"/t\"\nupload_dir = \"/var\"\n[ftp]\nroot = \"/var/ftp\"\n",
       {{kError, 5, "tftp.upload_dir", "the root \"/var/ftp\" of [ftp]"}}},
      {"WrongTypesInLists",
       "[server]\ninterfaces = [1]\ncores = [1.5, true]\n" + kHttp,
       {{kError, 2, "server.interfaces", "each must be a string, not an integer"},
        {kError, 3, "server.cores", "each must be an integer, not a float"},
        {kError, 3, "server.cores", "each must be an integer, not a boolean"}}},
      {"OutOfRange",
       kServer + "cores = [-1, 4096, 2, 2]\n[tftp]\nroot = \"/t\"\nmax_windowsize = 0\nmax_blksize = 65465\n",
       {{kError, 3, "server.cores", "-1 is out of range: cores takes 0 to 1023"},
        {kError, 3, "server.cores", "4096 is out of range"},
        {kError, 3, "server.cores", "2 is there twice"},
        {kError, 6, "tftp.max_windowsize", "0 is out of range: max_windowsize takes 1 to 65535"},
        {kError, 7, "tftp.max_blksize", "65465 is out of range: max_blksize takes 8 to 65464"}}},
      {"BadChoice",
       kHttp + "[log]\nlevel = \"loud\"\n",
       {{kError, 4, "log.level", "\"loud\" is not one of \"trace\" \"debug\" \"info\" \"warning\" \"error\""}}},
      {"MissingKeys",
       "[server]\n[dhcp]\n[[dhcp.subnet]]\n[[dhcp.host]]\n[tftp]\n[http]\n[ftp]\n",
       {{kError, 2, "server.interfaces", "[dhcp] is on, so [server] needs interfaces"},
        {kError, 3, "dhcp.subnet.subnet", "needs subnet, as in subnet = \"192.168.1.0/24\""},
        {kError, 4, "dhcp.host.name", "needs name"},
        {kError, 4, "dhcp.host.mac", "needs mac, as in mac = \"12:34:56:78:ab:cd\", or client_id"},
        {kError, 5, "tftp.root", "needs root, as in root = \"/tftpboot\""},
        {kError, 6, "http.root", "needs root"},
        {kError, 7, "ftp.root", "needs root"}}},
      {"TftpNeedsInterfaces",
       "[tftp]\nroot = \"/t\"\n",
       {{kError, 1, "server.interfaces", "[tftp] is on, so [server] needs interfaces"}}},
      {"EmptyInterfaces",
       "[server]\ninterfaces = []\n[tftp]\nroot = \"/t\"\n",
       {{kError, 2, "server.interfaces", "needs interfaces"}}},
      {"BadInterfaceNames",
       "[server]\ninterfaces = [\"\", \"a-name-that-is-too-long\", \"eth 0\", \"eth0\", \"eth0\"]\n" + kHttp,
       {{kError, 2, "server.interfaces", "\"\" is not an interface name"},
        {kError, 2, "server.interfaces", "\"a-name-that-is-too-long\" is not an interface name"},
        {kError, 2, "server.interfaces", "\"eth 0\" is not an interface name"},
        {kError, 2, "server.interfaces", "\"eth0\" is there twice"}}},
      {"SharedCore",
       kServer + "cores = [2]\nstream_cores = [2]\n" + kHttp,
       {{kWarning, 4, "server.stream_cores", "core 2 also runs a datagram lane"}}},
      {"BadUserAndState",
       "[server]\nuser = \"a b\"\nstate_dir = \"state\"\n" + kHttp,
       {{kError, 2, "server.user", "\"a b\" is not a user name"},
        {kError, 3, "server.state_dir", "must be an absolute path, not \"state\""}}},
      {"RelativeRoots",
       kServer + "[tftp]\nroot = \"tftpboot\"\n[http]\nroot = \"\"\n[ftp]\nroot = \"/a/../b\"\n",
       {{kError, 4, "tftp.root", "must be an absolute path, not \"tftpboot\""},
        {kError, 6, "http.root", "must not be empty"},
        {kError, 8, "ftp.root", "must not hold \"..\""}}},
      {"BadEndpoints",
       kHttp + "listen = [\"80\", \"0.0.0.0\", \"1.2.3.4:80\", \"1.2.3.4:80\"]\n[ftp]\nroot = \"/f\"\nlisten = []\n",
       {{kError, 3, "http.listen", "\"80\" is not ADDRESS:PORT"},
        {kError, 3, "http.listen", "\"0.0.0.0\" is not ADDRESS:PORT"},
        {kError, 3, "http.listen", "\"1.2.3.4:80\" is there twice"},
        {kError, 6, "ftp.listen", "must name at least one address"}}},
      {"OnePortTwoServices",
       kHttp + "listen = [\"0.0.0.0:8077\"]\n[board]\nlisten = \"127.0.0.1:8077\"\n",
       {{kError, 5, "board.listen", "127.0.0.1:8077 is already taken by [http] listen = 0.0.0.0:8077"}}},
      {"BadBoard",
       kHttp + "[board]\nlisten = \"localhost:80\"\n",
       {{kError, 4, "board.listen", "is not ADDRESS:PORT"}}},
      {"BoardInTheOpen",
       kHttp + "[board]\nlisten = \"0.0.0.0:8077\"\n",
       {{kWarning, 4, "board.listen", "not loopback"}}},
      {"BadPassivePorts",
       "[ftp]\nroot = \"/f\"\npassive_ports = \"50999-50000\"\n",
       {{kError, 3, "ftp.passive_ports", "\"50999-50000\" is not a range of ports"}}},
      {"FewerTransferPortsThanLanes",
       "[server]\ninterfaces = [\"eth0\"]\ncores = [0, 1, 2]\n[tftp]\nroot = \"/t\"\nports = \"50000-50001\"\n",
       {{kError, 6, "tftp.ports", "2 ports for 3 lanes ([server].cores): each needs one at least"}}},
      {"FewTransferPorts",
       "[server]\ninterfaces = [\"eth0\"]\n[tftp]\nroot = \"/t\"\nports = \"50000-50002\"\n",
       {{kWarning, 5, "tftp.ports", "3 ports for 1 lane: with fewer than 4 for each"}}},
      {"TooManyTransfers",
       "[server]\ninterfaces = [\"eth0\"]\n[tftp]\nroot = \"/t\"\ntransfers_max = 2000000\n",
       {{kError, 5, "tftp.transfers_max", ""}}},
      {"BadCps", kHttp + "cps = [100]\n", {{kError, 3, "http.cps", "must be [rate, wait_seconds]"}}},
      {"BadAccessLists",
       kHttp + "only_from = [\"192.168.1.1/24\", \"marvin.redhat.com\", 7]\nno_access = [\"fd00::1\", \"fd00::1\"]\n",
       {{kError, 3, "http.only_from", "each must be a string, not an integer"},
        {kError, 3, "http.only_from", "\"192.168.1.1/24\" is not an address or a network"},
        {kError, 3, "http.only_from", "\"marvin.redhat.com\" is not an address or a network"},
        {kError, 4, "http.no_access", "\"fd00::1\" is there twice"}}},
      {"BadAccessTimes",
       kHttp + "access_times = [\"8-12\", \"08:00-24:00\", \"22:00-06:00\", \"08:00-09:60\", \"008:00-9:00\", "
               "\"8:00-9:0\"]\n",
       {{kError, 3, "http.access_times", "\"8-12\" is not HH:MM-HH:MM"},
        {kError, 3, "http.access_times", "\"08:00-24:00\" is not HH:MM-HH:MM"},
        {kError, 3, "http.access_times", "\"22:00-06:00\" ends before it begins"},
        {kError, 3, "http.access_times", "\"08:00-09:60\" is not HH:MM-HH:MM"},
        {kError, 3, "http.access_times", "\"008:00-9:00\" is not HH:MM-HH:MM"},
        {kError, 3, "http.access_times", "\"8:00-9:0\" is not HH:MM-HH:MM"}}},
      {"BadPrefix",
       kServer + "[dhcp]\n[[dhcp.subnet]]\nsubnet = \"192.168.1.1/24\"\nrange = [\"192.168.1.9\"]\n",
       {{kError, 5, "dhcp.subnet.subnet", "\"192.168.1.1/24\" is not a network"}}},
      {"BadRanges",
       kDhcp + "range = [\"192.168.1.2\", \"192.168.2.1-192.168.2.9\", \"192.168.1.9-192.168.1.4\",\n"
               "\"1-2\", \"192.168.1.0-192.168.1.9\", \"192.168.1.200-192.168.1.255\", \"192.168.1.1-192.168.1.3\"]\n",
       {{kError, 6, "dhcp.subnet.range", "\"192.168.2.1-192.168.2.9\" is outside 192.168.1.0/24"},
        {kError, 6, "dhcp.subnet.range", "ends before it begins"},
        {kError, 7, "dhcp.subnet.range", "\"1-2\" is not a range"},
        {kError, 7, "dhcp.subnet.range", "the network's own or its broadcast"},
        {kError, 7, "dhcp.subnet.range", "the network's own or its broadcast"},
        {kError, 7, "dhcp.subnet.range", "\"192.168.1.1-192.168.1.3\" overlaps the range on line 6"}}},
      {"OverlappingSubnets",
       kDhcp + "[[dhcp.subnet]]\nsubnet = \"192.168.0.0/16\"\n",
       {{kError, 7, "dhcp.subnet.subnet", "192.168.0.0/16 overlaps the subnet on line 5"}}},
      {"BadSubnetValues",
       kDhcp + "routers = [\"10.0.0.1\", \"router\"]\ndns = [\"0.0.0.0\"]\ndomain = \"a..b\"\n"
               "next_server = \"marvin.redhat.com\"\nhostname = \"pc{{octet}}\"\nbootp = 1\n",
       {{kWarning, 6, "dhcp.subnet.routers", "10.0.0.1 is outside 192.168.1.0/24"},
        {kError, 6, "dhcp.subnet.routers", "\"router\" is not the IPv4 address of a machine"},
        {kError, 7, "dhcp.subnet.dns", "\"0.0.0.0\" is not the IPv4 address of a machine"},
        {kError, 8, "dhcp.subnet.domain", "\"a..b\": an empty part between dots"},
        {kError, 9, "dhcp.subnet.next_server", "names are not looked up: write the address"},
        {kError, 10, "dhcp.subnet.hostname",
         "unknown placeholder \"{{octet}}\"; there is {{last_octet}} {{address}} {{mac}}"},
        {kError, 11, "dhcp.subnet.bootp", "must be a boolean, not an integer"}}},
      {"BadHostnamePatterns",
       kDhcp + "hostname = \"pc{{last_octet\"\n[[dhcp.host]]\nname = \"a\"\nmac = \"02:00:00:00:00:01\"\n"
               "hostname = \"-x_y\"\n[[dhcp.host]]\nname = \"b\"\nmac = \"02:00:00:00:00:02\"\nhostname = \"a{b\"\n",
       {{kError, 6, "dhcp.subnet.hostname", "\"{{\" without \"}}\""},
        {kError, 10, "dhcp.host.hostname", "begins or ends with \"-\""},
        {kError, 14, "dhcp.host.hostname", "a single brace"}}},
      {"BadLeaseSeconds",
       kDhcp +
           "lease_seconds = { default = 10, max = 5 }\n[[dhcp.subnet]]\nsubnet = \"10.0.0.0/8\"\n"
           "lease_seconds = 600\n[[dhcp.subnet]]\nsubnet = \"11.0.0.0/8\"\nlease_seconds = { defualt = 5, max = 0 }\n",
       {{kError, 6, "dhcp.subnet.lease_seconds", "default (10) is more than max (5)"},
        {kError, 9, "dhcp.subnet.lease_seconds", "must be a table, as in lease_seconds"},
        {kError, 12, "dhcp.subnet.lease_seconds.defualt", "lease_seconds has default and max"},
        {kError, 12, "dhcp.subnet.lease_seconds", "0 is out of range"}}},
      {"BadBoot",
       kDhcp + "[dhcp.boot]\nbios = \"\"\nefi64 = \"{{client}}.efi\"\nhttp = \"ipxe.efi\"\n"
               "ipxe = { efi46 = \"x\", bios = 3, efi64 = \"{{x}}\" }\nbois = \"x\"\n",
       {{kError, 7, "dhcp.boot.bios", "must not be empty"},
        {kError, 8, "dhcp.boot.efi64", "unknown placeholder \"{{client}}\"; there is {{server}}"},
        {kError, 9, "dhcp.boot.http", "is not a URL"},
        {kError, 10, "dhcp.boot.ipxe.efi46", "\"efi46\" is not an architecture"},
        {kError, 10, "dhcp.boot.ipxe", "must be a string or a table of strings, not an integer"},
        {kError, 10, "dhcp.boot.ipxe", "unknown placeholder"},
        {kError, 11, "dhcp.boot.bois", "did you mean \"bios\"?"}}},
      {"LongBootFile",
       kDhcp + "[dhcp.boot]\nbios = \"" + std::string(128, 'x') + "\"\nefi64 = \"" + std::string(256, 'x') + "\"\n",
       {{kWarning, 7, "dhcp.boot.bios", "127 bytes of the file field"},
        {kError, 8, "dhcp.boot.efi64", "more than option 67 holds"}}},
      {"BadHosts",
       kDhcp + "[[dhcp.host]]\nname = \"a\"\nmac = \"12:34\"\naddress = \"192.168.1.256\"\n"
               "[[dhcp.host]]\nname = \"b\"\nmac = \"01:00:00:00:00:00\"\naddress = \"192.168.1.255\"\nnext_server = "
               "\"ns\"\n",
       {{kError, 8, "dhcp.host.mac", "\"12:34\" is not a machine's MAC address"},
        {kError, 9, "dhcp.host.address", "\"192.168.1.256\" is not the IPv4 address"},
        {kError, 12, "dhcp.host.mac", "is not a machine's MAC"},
        {kError, 13, "dhcp.host.address", "192.168.1.255 is the network's own or its broadcast address"},
        {kError, 14, "dhcp.host.next_server", "write the address"}}},
      {"DuplicateHosts",
       kDhcp + "[[dhcp.host]]\nname = \"a\"\nmac = \"02:00:00:00:00:01\"\naddress = \"192.168.1.7\"\n"
               "[[dhcp.host]]\nname = \"a\"\nmac = \"02:00:00:00:00:01\"\naddress = \"192.168.1.7\"\n",
       {{kError, 11, "dhcp.host.name", "\"a\" is already that of the host on line 7"},
        {kError, 13, "dhcp.host.address", "192.168.1.7 is already that of the host on line 9"}}},
      {"HostsWithOneMacAddress",
       kDhcp + "[[dhcp.host]]\nname = \"a\"\nmac = \"02:00:00:00:00:01\"\naddress = \"192.168.1.7\"\n"
               "[[dhcp.host]]\nname = \"b\"\nmac = \"02:00:00:00:00:01\"\n"
               "[[dhcp.host]]\nname = \"c\"\nmac = \"02:00:00:00:00:01\"\naddress = \"192.168.1.8\"\n",
       {{kError, 12, "dhcp.host.mac", "02:00:00:00:00:01 is already that of the host on line 8"},
        {kError, 15, "dhcp.host.mac", "02:00:00:00:00:01 is already that of the host on line 8"}}},
      {"BadIdentities",
       kDhcp + "[[dhcp.host]]\nname = \"a\"\nuuid = \"00112233445566778899aabbccddeeff\"\nmore_addresses = "
               "[\"192.168.1.7\"]\nidentifier = { option = \"none\", value = 1, vlaue = 2 }\n",
       {{kError, 8, "dhcp.host.uuid", "is not a UUID"},
        {kError, 9, "dhcp.host.more_addresses", "write the first one there"},
        {kError, 10, "dhcp.host.identifier.vlaue", "unknown key \"vlaue\""},
        {kError, 10, "dhcp.host.identifier", "there is no option \"none\""}}},
      {"BadOptionsAndRules",
       kDhcp + "options = { routers = \"10.0.0\", no-such = 1, interface-mtu = 70000, time-offset = 1979-05-27 }\n"
               "rules = '''\n  option routers 10.0.0.1;\n  optoin routers 10.0.0.1;\n'''\n",
       {{kError, 6, "dhcp.subnet.options", "\"routers\": "},
        {kError, 6, "dhcp.subnet.options", "there is no option \"no-such\""},
        {kError, 6, "dhcp.subnet.options", "\"interface-mtu\": "},
        {kError, 6, "dhcp.subnet.options", "must be a string, a number, a boolean or a list of them"},
        {kError, 9, "dhcp.subnet.rules", "did you mean \"option\"?"}}},
      {"NamesInRules",
       kDhcp + "rules = \"next-server marvin.redhat.com; ddns-updates on;\"\n",
       {{kError, 6, "dhcp.subnet.rules", "names are not looked up"},
        {kWarning, 6, "dhcp.subnet.rules", "\"ddns-updates\""}}},
      {"BadClasses",
       kDhcp + "[[dhcp.class]]\nname = \"a\"\nmembers = [\"x\", \"x\"]\n[[dhcp.class]]\nname = \"a\"\nmatch_if = "
               "\"option\"\n",
       {{kError, 6, "dhcp.class.match", "members are values of match or spawn"},
        {kError, 8, "dhcp.class.members", "\"x\" is there twice"},
        {kError, 10, "dhcp.class.name", "\"a\" is there already"},
        {kError, 11, "dhcp.class.match_if", ""}}},
      {"BadPools",
       kDhcp + "range = [\"192.168.1.2-192.168.1.9\"]\nnetwork = \"none\"\n[[dhcp.subnet.pool]]\nrange = "
               "[\"192.168.1.9\", \"192.168.2.1\"]\nallow = [\"known clients\", \"members of none\"]\n",
       {{kError, 7, "dhcp.subnet.network", "there is no [[dhcp.network]] \"none\""},
        {kError, 9, "dhcp.subnet.pool.range", "\"192.168.1.9\" overlaps the range on line 6"},
        {kError, 9, "dhcp.subnet.pool.range", "\"192.168.2.1\" is outside 192.168.1.0/24"},
        {kError, 10, "dhcp.subnet.pool.allow", "\"known clients\" is not one of"},
        {kError, 10, "dhcp.subnet.pool.allow", "there is no [[dhcp.class]] \"none\""}}},
      {"BadDefinitions",
       kDhcp +
           "[[dhcp.option_space]]\nname = \"a b\"\ncode_bytes = 3\n[[dhcp.option]]\nname = \"x\"\ncode = 200\ntype = "
           "\"strange\"\n[[dhcp.option]]\nname = \"y\"\ncode = 201\ntype = \"text; option z code 1 = text\"\n",
       {{kError, 7, "dhcp.option_space.name", "\"a b\" is no name for a space"},
        {kError, 8, "dhcp.option_space.code_bytes", "must be 1, 2 or 4"},
        {kError, 12, "dhcp.option.type", "is not a type"},
        {kError, 16, "dhcp.option.type", "is no type"}}},
      {"BadPxe",
       kDhcp + "[dhcp.pxe]\ndiscovery_group = \"10.0.0.1\"\nprompt = \"F8\"\n[[dhcp.pxe.menu]]\ntype = 70000\n",
       {{kError, 7, "dhcp.pxe.discovery_group", "\"10.0.0.1\" is not a multicast address"},
        {kError, 8, "dhcp.pxe.prompt", "needs prompt_seconds"},
        {kError, 9, "dhcp.pxe.menu.text", "needs text"},
        {kError, 10, "dhcp.pxe.menu.type", "70000 is out of range"}}},
      {"HostOutsideEverySubnet",
       kDhcp + "[[dhcp.host]]\nname = \"ns\"\nmac = \"12:34:56:78:AB:CD\"\naddress = \"207.175.42.254\"\n",
       {{kWarning, 9, "dhcp.host.address", "207.175.42.254 is outside every [[dhcp.subnet]]: it is never offered"}}},
      {"NoSubnet", kServer + "[dhcp]\n", {{kError, 3, "dhcp.subnet", "needs at least one [[dhcp.subnet]]"}}},
      {"NotBuilt",
       kServer + "io = \"dpdk\"\n[dhcp]\nlease_store = \"postgresql://db/leases\"\n"
                 "[[dhcp.subnet]]\nsubnet = \"10.0.0.0/8\"\n",
       {{kError, 3, "server.io", "not built yet: io = \"dpdk\"; use \"io_uring\" or \"socket\""},
        {kError, 5, "dhcp.lease_store", "not built yet"}}},
      {"ProxyAndProbesAreBuilt",
       kServer + "[dhcp]\nmode = \"proxy\"\nconflict_probe = \"arp\"\n[dhcp.boot]\nbios = \"pxelinux.0\"\n",
       {}},
      {"NotBuiltSections",
       kHttp + "[[cast]]\nimage = \"a\"\n[[cast]]\nimage = \"b\"\n[dpdk]\n",
       {{kError, 3, "cast", "not built yet: [[cast]]"},
        {kError, 5, "cast", "not built yet: [[cast]]"},
        {kError, 7, "dpdk", "not built yet: [dpdk]"}}},
      {"TableForArrayOfTables",
       kServer + "[dhcp]\n[dhcp.subnet]\nsubnet = \"10.0.0.0/8\"\n",
       {{kError, 4, "dhcp.subnet", "write [[dhcp.subnet]] for each"}}},
      {"ArrayOfTablesForTable", "[[http]]\nroot = \"/h\"\n", {{kError, 1, "http", "write [http] once, not [[http]]"}}},
      {"ValueForSection", "http = 1\n", {{kError, 1, "http", "write [http]"}}},
      {"UnknownStore",
       kServer + "[dhcp]\nlease_store = \"oracle\"\n[[dhcp.subnet]]\nsubnet = \"10.0.0.0/8\"\n",
       {{kError, 4, "dhcp.lease_store", "\"oracle\" is not a lease store"}}},
      {"SyntaxError", "[http]\nroot = /srv\n", {{kError, 2, "", "not TOML: "}}},
      {"TimeCutShort", "[http]\nroot = 12:\nlisten = 1\n", {{kError, 2, "", "not TOML: "}}},
      {"KeyCutShort", kHttp + "a.", {{kError, 3, "", "not TOML: "}}},
      {"BareUnicode", kHttp + "\xc8\xb5 = 1\n", {{kError, 3, "", "only ASCII may stand outside quotes"}}},
      {"QuoteWithinAWord", "x = 27'\xd2\x91'\n", {{kError, 1, "", "a quote within a word"}}},
      {"StringNotClosed", kHttp + "listen = [\"a\n", {{kError, 3, "", "not closed on its line"}}},
      {"MultiLineString", kHttp + "x = \"\"\"a\n\"\"\"\n", {{kError, 3, "", "multi-line strings stand between '''"}}},
      {"MultiLineKey", kHttp + "'''x''' = 1\n", {{kError, 3, "", "only as a key's value"}}},
      {"MultiLineStringNotClosed", kHttp + "x = '''a\nb\n", {{kError, 3, "", "that is not closed"}}},
      {"FourQuotes", kHttp + "x = '''a''''\n", {{kError, 3, "", "more than three quotes"}}},
      {"LinesAreCountedThroughStrings",
       kHttp + "x = '''a\nb\n'''\nlisen = 1\n",
       {{kError, 3, "http.x", "unknown key"}, {kError, 6, "http.lisen", "did you mean"}}},
      {"UnicodeInQuotesAndComments",
       "# \xc8\xb5\n[http] # \xc8\xb5\nroot = \"/\xc8\xb5\" # \xc8\xb5\n\"\xc8\xb5\" = 1\n",
       {{kError, 4, "http.\xc8\xb5", "unknown key"}}},
      {"KeyTwice", kHttp + "root = \"/i\"\n", {{kError, 3, "", "not TOML: "}}},
      {"NotUtf8", "[http]\nroot = \"\xff\"\n", {{kError, 2, "", "not TOML: "}}},
  };
}

class ConfigProblems : public ::testing::TestWithParam<Case> {};

TEST_P(ConfigProblems, AreAllReportedAtOnceWithTheirLines) {
  const Case& c = GetParam();
  const ConfigOutcome outcome = parse_config(c.text, "f");
  std::string all;
  for (const Problem& problem : outcome.problems) all += problem_line("f", problem) + "\n";
  ASSERT_EQ(outcome.problems.size(), c.expected.size()) << all;
  std::vector<bool> taken(outcome.problems.size(), false);
  bool any_error = false;
  for (const Expected& expected : c.expected) {
    any_error = any_error || expected.severity == kError;
    bool found = false;
    for (std::size_t i = 0; i < outcome.problems.size() && !found; ++i) {
      const Problem& problem = outcome.problems[i];
      found = !taken[i] && problem.severity == expected.severity && problem.line == expected.line &&
              problem.key == expected.key && problem.message.find(expected.part) != std::string::npos;
      if (found) taken[i] = true;
    }
    EXPECT_TRUE(found) << expected.line << " " << expected.key << ": " << expected.part << "\nin\n" << all;
  }
  EXPECT_EQ(outcome.config == nullptr, any_error) << all;
  for (std::size_t i = 1; i < outcome.problems.size(); ++i)
    EXPECT_LE(outcome.problems[i - 1].line, outcome.problems[i].line) << all;
  for (const Problem& problem : outcome.problems) {
    EXPECT_EQ(problem.message.find('\n'), std::string::npos);
    EXPECT_EQ(problem.line > 0, problem.column > 0) << all;
  }
}

INSTANTIATE_TEST_SUITE_P(Table, ConfigProblems, ::testing::ValuesIn(cases()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ConfigProblemLine, HasTheShapeCompilersUse) {
  EXPECT_EQ(problem_line("a.toml", {Severity::kError, 3, 7, "http.root", "needs root"}),
            "a.toml:3:7: error: http.root: needs root");
  EXPECT_EQ(problem_line("a.toml", {Severity::kWarning, 0, 0, "", "no service is on"}),
            "a.toml: warning: no service is on");
}

}  // namespace
}  // namespace rackcast
