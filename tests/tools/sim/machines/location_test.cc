// URLs, the names loaders use for files, and the names they make up.
#include "tools/sim/machines/location.h"

#include <gtest/gtest.h>

#include "tests/proto/wire_bytes.h"
#include "tools/sim/machines/mac_plan.h"
#include "tools/sim/machines/names.h"

namespace rackcast::sim {
namespace {

constexpr net::Ipv4Address kServer{10, 99, 0, 1};

TEST(Url, Table) {
  struct Row {
    std::string_view text;
    std::string_view host;  // empty: refused
    std::uint16_t port;
    std::string_view path;
  };
  const Row rows[] = {
      {"http://10.0.0.1/ks.cfg", "10.0.0.1", 0, "/ks.cfg"},
      {"HTTP://h.lab:8080/a%20b/%7e?x=1#f", "h.lab", 8080, "/a b/~?x=1"},
      {"ftp://user:pa:ss@h/x", "h", 0, "/x"},
      {"tftp://10.0.0.1", "10.0.0.1", 0, "/"},
      {"https://h/x", "", 0, ""},
      {"nfs://h/x", "", 0, ""},
      {"http:///x", "", 0, ""},
      {"http://h:0/x", "", 0, ""},
      {"http://h:65536/x", "", 0, ""},
      {"http://h:8a/x", "", 0, ""},
      {"http://[::1]/x", "", 0, ""},
      {"http://h/%0", "", 0, ""},
      {"http://h/%zz", "", 0, ""},
      {"http://h/%00", "", 0, ""},
      {"http://h/a\nb", "", 0, ""},
      {"http:/h/x", "", 0, ""},
      {"", "", 0, ""},
  };
  for (const Row& row : rows) {
    const auto url = parse_url(row.text);
    ASSERT_EQ(url.has_value(), !row.host.empty()) << row.text;
    if (!url) continue;
    EXPECT_EQ(url->host, row.host);
    EXPECT_EQ(url->port, row.port);
    EXPECT_EQ(url->path, row.path);
  }
  EXPECT_FALSE(parse_url("http://h/" + std::string(kUrlBytesMax, 'a')));
}

TEST(Url, EveryPrefixHasAnAnswer) {
  const std::string_view whole = "http://u:p@host.lab:8080/a%20b?c#d";
  rackcast::test::for_every_prefix(std::as_bytes(std::span(whole)), [](std::span<const std::byte> prefix) {
    const std::string_view cut(reinterpret_cast<const char*>(prefix.data()), prefix.size());
    const auto url = parse_url(cut);
    EXPECT_TRUE(!url || (url->path.front() == '/' && !url->host.empty()));
  });
}

TEST(Location, NamesAgainstTheirBase) {
  RunFacts facts;
  facts.hosts = {{"install.lab", {10, 99, 0, 7}}};
  const Location tftp{UrlScheme::kTftp, {kServer, net::UdpPort(69)}, "linux/pxelinux.0"};
  const Location http{UrlScheme::kHttp, {kServer, net::UdpPort(8080)}, "/boot/boot.ipxe"};
  struct Row {
    std::string_view name;
    const Location& base;
    std::string_view expected;  // display(); empty: refused
    std::string_view path;
  };
  const Row rows[] = {
      {"vmlinuz", tftp, "tftp://10.99.0.1/linux/vmlinuz", "linux/vmlinuz"},
      {"/vmlinuz", tftp, "tftp://10.99.0.1/vmlinuz", "/vmlinuz"},
      {"::vmlinuz", tftp, "tftp://10.99.0.1/vmlinuz", "vmlinuz"},
      {"10.99.0.5::a/b", tftp, "tftp://10.99.0.5/a/b", "a/b"},
      {"vmlinuz", http, "http://10.99.0.1/boot/vmlinuz", "/boot/vmlinuz"},
      {"/vmlinuz", http, "http://10.99.0.1/vmlinuz", "/vmlinuz"},
      {"tftp://10.99.0.2/pxelinux.0", http, "tftp://10.99.0.2/pxelinux.0", "pxelinux.0"},
      {"http://install.lab/x", tftp, "http://10.99.0.7/x", "/x"},
      {"http://other.lab/x", tftp, "", ""},
      {"(tftp)/vmlinuz", tftp, "tftp://10.99.0.1/vmlinuz", "/vmlinuz"},
      {"(http,10.99.0.3:81)/k", tftp, "http://10.99.0.3/k", "/k"},
      {"(http", tftp, "", ""},
      {"()", tftp, "", ""},
      {"", tftp, "", ""},
  };
  for (const Row& row : rows) {
    const auto location = resolve(row.name, row.base, facts);
    ASSERT_EQ(location.has_value(), !row.expected.empty()) << row.name;
    if (!location) continue;
    EXPECT_EQ(display(*location), row.expected);
    EXPECT_EQ(location->path, row.path);
  }
  EXPECT_EQ(resolve("x", http, facts)->server.port, net::UdpPort(8080));
  EXPECT_EQ(resolve("ftp://10.0.0.1/x", http, facts)->server.port, net::UdpPort(21));
}

TEST(Names, AreFilledIn) {
  MachineIdentity identity = identity_of(MachineId(0x010203));
  const NameFacts facts{identity, {192, 168, 1, 70}, kServer};
  EXPECT_EQ(filled_in("pxelinux.cfg/01-{mac-dashes}", facts, 8), "pxelinux.cfg/01-02-52-43-01-02-03");
  EXPECT_EQ(filled_in("{ip-hex}", facts, 8), "C0A80146");
  EXPECT_EQ(filled_in("{ip-hex}", facts, 1), "C");
  EXPECT_EQ(filled_in("http://{server}/x", facts, 8), "http://10.99.0.1/x");
  EXPECT_EQ(filled_in("{serial}/start.elf", facts, 8), "43010203/start.elf");
  EXPECT_EQ(filled_in("{echoed-uuid}", facts, 8), std::nullopt);
  EXPECT_EQ(filled_in("{unknown}", facts, 8), std::nullopt);
  EXPECT_EQ(filled_in("{open", facts, 8), std::nullopt);
  identity.uuid = {};
  EXPECT_EQ(filled_in("pxelinux.cfg/{uuid}", facts, 8), std::nullopt);
  identity.uuid[0] = 0xAB;
  EXPECT_EQ(filled_in("{uuid}", facts, 8), "ab000000-0000-0000-0000-000000000000");
}

TEST(MacPlan, IsAPairOfInverses) {
  for (const std::uint32_t number : {0U, 1U, 255U, 256U, 65'536U, kMachinesMax - 1}) {
    const MachineIdentity identity = identity_of(MachineId(number));
    EXPECT_EQ(machine_of(identity.mac), MachineId(number));
    EXPECT_EQ(identity.uuid, identity_of(MachineId(number)).uuid);
  }
  EXPECT_NE(identity_of(MachineId(1)).uuid, identity_of(MachineId(2)).uuid);
  EXPECT_EQ(machine_of(*net::MacAddress::parse("52:54:00:12:34:56")), std::nullopt);
}

}  // namespace
}  // namespace rackcast::sim
