#include "core/policy/option_catalog.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace rackcast {
namespace {

// Every name that dhcpd 4.4 knows in space dhcp, with its code.
struct Known {
  std::uint32_t code;
  std::string_view name;
};
constexpr std::array kDhcpdNames{
    Known{1, "subnet-mask"},
    Known{2, "time-offset"},
    Known{3, "routers"},
    Known{4, "time-servers"},
    Known{5, "ien116-name-servers"},
    Known{6, "domain-name-servers"},
    Known{7, "log-servers"},
    Known{8, "cookie-servers"},
    Known{9, "lpr-servers"},
    Known{10, "impress-servers"},
    Known{11, "resource-location-servers"},
    Known{12, "host-name"},
    Known{13, "boot-size"},
    Known{14, "merit-dump"},
    Known{15, "domain-name"},
    Known{16, "swap-server"},
    Known{17, "root-path"},
    Known{18, "extensions-path"},
    Known{19, "ip-forwarding"},
    Known{20, "non-local-source-routing"},
    Known{21, "policy-filter"},
    Known{22, "max-dgram-reassembly"},
    Known{23, "default-ip-ttl"},
    Known{24, "path-mtu-aging-timeout"},
    Known{25, "path-mtu-plateau-table"},
    Known{26, "interface-mtu"},
    Known{27, "all-subnets-local"},
    Known{28, "broadcast-address"},
    Known{29, "perform-mask-discovery"},
    Known{30, "mask-supplier"},
    Known{31, "router-discovery"},
    Known{32, "router-solicitation-address"},
    Known{33, "static-routes"},
    Known{34, "trailer-encapsulation"},
    Known{35, "arp-cache-timeout"},
    Known{36, "ieee802-3-encapsulation"},
    Known{37, "default-tcp-ttl"},
    Known{38, "tcp-keepalive-interval"},
    Known{39, "tcp-keepalive-garbage"},
    Known{40, "nis-domain"},
    Known{41, "nis-servers"},
    Known{42, "ntp-servers"},
    Known{43, "vendor-encapsulated-options"},
    Known{44, "netbios-name-servers"},
    Known{45, "netbios-dd-server"},
    Known{46, "netbios-node-type"},
    Known{47, "netbios-scope"},
    Known{48, "font-servers"},
    Known{49, "x-display-manager"},
    Known{50, "dhcp-requested-address"},
    Known{51, "dhcp-lease-time"},
    Known{52, "dhcp-option-overload"},
    Known{53, "dhcp-message-type"},
    Known{54, "dhcp-server-identifier"},
    Known{55, "dhcp-parameter-request-list"},
    Known{56, "dhcp-message"},
    Known{57, "dhcp-max-message-size"},
    Known{58, "dhcp-renewal-time"},
    Known{59, "dhcp-rebinding-time"},
    Known{60, "vendor-class-identifier"},
    Known{61, "dhcp-client-identifier"},
    Known{62, "nwip-domain"},
    Known{63, "nwip-suboptions"},
    Known{64, "nisplus-domain"},
    Known{65, "nisplus-servers"},
    Known{66, "tftp-server-name"},
    Known{67, "bootfile-name"},
    Known{68, "mobile-ip-home-agent"},
    Known{69, "smtp-server"},
    Known{70, "pop-server"},
    Known{71, "nntp-server"},
    Known{72, "www-server"},
    Known{73, "finger-server"},
    Known{74, "irc-server"},
    Known{75, "streettalk-server"},
    Known{76, "streettalk-directory-assistance-server"},
    Known{77, "user-class"},
    Known{78, "slp-directory-agent"},
    Known{79, "slp-service-scope"},
    Known{81, "fqdn"},
    Known{82, "relay-agent-information"},
    Known{85, "nds-servers"},
    Known{86, "nds-tree-name"},
    Known{87, "nds-context"},
    Known{88, "bcms-controller-names"},
    Known{89, "bcms-controller-address"},
    Known{91, "client-last-transaction-time"},
    Known{92, "associated-ip"},
    Known{93, "pxe-system-type"},
    Known{94, "pxe-interface-id"},
    Known{97, "pxe-client-id"},
    Known{98, "uap-servers"},
    Known{100, "pcode"},
    Known{101, "tcode"},
    Known{108, "v6-only-preferred"},
    Known{112, "netinfo-server-address"},
    Known{113, "netinfo-server-tag"},
    Known{114, "default-url"},
    Known{116, "auto-config"},
    Known{117, "name-service-search"},
    Known{118, "subnet-selection"},
    Known{119, "domain-search"},
    Known{124, "vivco"},
    Known{125, "vivso"},
    Known{128, "pxe-undefined-1"},
    Known{135, "pxe-undefined-8"},
    Known{141, "sip-ua-cs-domains"},
    Known{142, "ipv4-address-andsf"},
    Known{150, "tftp-server-address"},
    Known{159, "v4-portparams"},
    Known{160, "v4-captive-portal"},
    Known{208, "pxelinux-magic"},
    Known{209, "loader-configfile"},
    Known{210, "loader-pathprefix"},
    Known{211, "loader-reboottime"},
};

TEST(OptionCatalog, KnowsEveryNameOfDhcpd) {
  const OptionCatalog catalog;
  for (const Known& known : kDhcpdNames) {
    const OptionDefinition* const definition = catalog.find("dhcp", known.name);
    ASSERT_NE(definition, nullptr) << known.name;
    EXPECT_EQ(definition->key, (OptionKey{kDhcpSpace, known.code})) << known.name;
    EXPECT_EQ(catalog.find(OptionKey{kDhcpSpace, known.code})->name, known.name);
  }
  for (const std::string_view name :
       {"circuit-id", "remote-id", "agent-id", "DOCSIS-device-class", "link-selection", "subscriber-id", "relay-port"})
    EXPECT_NE(catalog.find("agent", name), nullptr) << name;
  EXPECT_NE(catalog.find("fqdn", "hostname"), nullptr);
  EXPECT_NE(catalog.find("nwip", "primary-dss"), nullptr);
}

TEST(OptionCatalog, OtherNamesOfACodeStayValid) {
  const OptionCatalog catalog;
  EXPECT_EQ(catalog.find("", "loader-magic")->key.code, 208U);
  EXPECT_EQ(catalog.find("", "captive-portal")->key.code, 114U);
  EXPECT_EQ(catalog.find("", "ROUTERS")->key.code, 3U);
}

TEST(OptionCatalog, ACodeWithoutANameIsOfBytes) {
  const OptionCatalog catalog;
  for (std::uint32_t code = 1; code <= 254; ++code) ASSERT_NE(catalog.find(OptionKey{kDhcpSpace, code}), nullptr);
  EXPECT_EQ(catalog.find(OptionKey{kDhcpSpace, 0}), nullptr);
  EXPECT_EQ(catalog.find(OptionKey{kDhcpSpace, 255}), nullptr);
  const OptionDefinition* const unknown = catalog.find("dhcp", "unknown-222");
  ASSERT_NE(unknown, nullptr);
  EXPECT_EQ(unknown->name, "unknown-222");
  EXPECT_EQ(unknown->items, std::vector{ItemType::kBytes});
  // A known code is found under its own name.
  EXPECT_EQ(catalog.find("dhcp", "unknown-93")->name, "pxe-system-type");
}

TEST(OptionCatalog, ASecondNameForAKnownCode) {
  OptionCatalog catalog;
  ASSERT_TRUE(catalog.define({"arch", {kDhcpSpace, 93}, {ItemType::kU16}}));
  EXPECT_EQ(catalog.find("dhcp", "arch")->key.code, 93U);
  EXPECT_EQ(catalog.find("dhcp", "pxe-system-type")->key.code, 93U);
  EXPECT_EQ(catalog.find(OptionKey{kDhcpSpace, 93})->name, "arch");
  EXPECT_EQ(catalog.defined().size(), 1U);
}

TEST(OptionCatalog, TheSameNameAgainReplaces) {
  OptionCatalog catalog;
  ASSERT_TRUE(catalog.define({"mine", {kDhcpSpace, 200}, {ItemType::kU8}}));
  ASSERT_TRUE(catalog.define({"Mine", {kDhcpSpace, 201}, {ItemType::kText}}));
  EXPECT_EQ(catalog.find("dhcp", "mine")->key.code, 201U);
  EXPECT_EQ(catalog.find(OptionKey{kDhcpSpace, 200})->name, "unknown-200");
  EXPECT_EQ(catalog.defined().size(), 1U);
}

TEST(OptionCatalog, Spaces) {
  OptionCatalog catalog;
  const auto space = catalog.add_space({"ipxe"});
  ASSERT_TRUE(space);
  EXPECT_EQ(catalog.find_space("IPXE"), *space);
  EXPECT_FALSE(catalog.add_space({"iPXE"}));
  EXPECT_FALSE(catalog.add_space({"wide", 3, 1}));
  EXPECT_FALSE(catalog.container(*space));
  OptionDefinition container{"ipxe-encap-opts", {kDhcpSpace, 175}, {ItemType::kOptions}};
  container.encapsulated = *space;
  ASSERT_TRUE(catalog.define(container));
  EXPECT_EQ(catalog.container(*space), 175);
  EXPECT_EQ(catalog.container(kAgentSpace), 82);
  ASSERT_TRUE(catalog.define({"no-pxedhcp", {*space, 176}, {ItemType::kU8}}));
  EXPECT_EQ(catalog.find("ipxe", "no-pxedhcp")->key, (OptionKey{*space, 176}));
  EXPECT_EQ(catalog.find("dhcp", "no-pxedhcp"), nullptr);
}

TEST(OptionCatalog, RefusesWhatCannotBe) {
  OptionCatalog catalog;
  EXPECT_FALSE(catalog.define({"a", {kDhcpSpace, 0}, {ItemType::kU8}}));
  EXPECT_FALSE(catalog.define({"a", {kDhcpSpace, 255}, {ItemType::kU8}}));
  EXPECT_FALSE(catalog.define({"a", {99, 1}, {ItemType::kU8}}));
  EXPECT_FALSE(catalog.define({"a", {kDhcpSpace, 200}, {}}));
  EXPECT_FALSE(catalog.define({"", {kDhcpSpace, 200}, {ItemType::kU8}}));
}

TEST(OptionCatalog, HasBounds) {
  OptionCatalog catalog;
  const auto space = catalog.add_space({"many", 4, 2});
  ASSERT_TRUE(space);
  for (std::uint32_t i = 0; i < OptionCatalog::kDefinitionsMax; ++i)
    ASSERT_TRUE(catalog.define({"o" + std::to_string(i), {*space, i + 1}, {ItemType::kU8}}));
  EXPECT_FALSE(catalog.define({"more", {*space, 5'000}, {ItemType::kU8}}));
  while (catalog.spaces() < OptionCatalog::kSpacesMax)
    ASSERT_TRUE(catalog.add_space({"s" + std::to_string(catalog.spaces())}));
  EXPECT_FALSE(catalog.add_space({"more"}));
}

TEST(OptionCatalog, Suggests) {
  const OptionCatalog catalog;
  EXPECT_EQ(catalog.near_name(kDhcpSpace, "domain-name-server"), "domain-name-servers");
  EXPECT_EQ(catalog.near_name(kDhcpSpace, "quite-something-else"), "");
}

}  // namespace
}  // namespace rackcast
