// What loaders' configurations are read as: tables per dialect, every prefix of each, and the demo tree's own.
#include "tools/sim/machines/loader_config.h"

#include <gtest/gtest.h>

#include "tests/proto/wire_bytes.h"

namespace rackcast::sim {
namespace {

using Initrds = std::vector<std::string>;

constexpr std::string_view kDemoPxelinux =
    "serial 0 115200\ndefault linux\nprompt 1\ntimeout 10\ndisplay boot.msg\nF1 boot.msg\nF2 options.msg\n\n"
    "label linux\n  kernel vmlinuz\n  append initrd=initrd.img ks=ftp://10.99.0.1/ks.cfg console=ttyS0\n"
    "label http\n  kernel vmlinuz\n  append initrd=initrd.img ks=http://10.99.0.1/ks.cfg console=ttyS0\n"
    "label local\n  localboot 1\n";
constexpr std::string_view kDemoScript =
    "#!ipxe\necho rackcast demo: kernel and initrd over HTTP\n"
    "kernel http://10.99.0.1/boot/vmlinuz initrd=initrd.img ks=http://10.99.0.1/ks.cfg console=ttyS0\n"
    "initrd http://10.99.0.1/boot/initrd.img\nboot\n";
constexpr std::string_view kGrub =
    "set default=\"1\"\nfunction load_video {\n  insmod efi_gop\n}\nif [ -f $prefix/x ]; then\n  set default=2\nfi\n"
    "# a comment { that opens nothing\n"
    "menuentry 'Local disk' --id local {\n  exit 1\n}\n"
    "menuentry \"Install\" --class os --id=install {\n  linuxefi /images/vmlinuz inst.repo=http://h/ \\\n    "
    "inst.ks=http://${net_default_server}/ks.cfg quiet\n  initrdefi /images/initrd.img /images/extra.img\n}\n"
    "submenu 'More' {\n  menuentry 'Rescue' { linux /rescue/vmlinuz rescue; initrd /rescue/initrd.img; }\n}\n";

TEST(Pxelinux, ReadsTheDemoTree) {
  const auto config = parse_pxelinux_config(kDemoPxelinux);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->kernel, "vmlinuz");
  EXPECT_EQ(config->initrds, Initrds{"initrd.img"});
  EXPECT_EQ(kickstart_url(config->command_line), "ftp://10.99.0.1/ks.cfg");
}

struct PxelinuxRow {
  std::string_view text;
  std::string_view kernel;  // empty: refused
  Initrds initrds;
  std::string_view command_line;
};

TEST(Pxelinux, Table) {
  const PxelinuxRow rows[] = {
      {"default vmlinuz initrd=a.img,b.img ks=x", "vmlinuz", {"a.img", "b.img"}, "initrd=a.img,b.img ks=x"},
      {"DEFAULT x\r\nLABEL x\r\nLINUX http://h/k\r\nINITRD i\r\n", "http://h/k", {"i"}, ""},
      {"append common\nlabel a\nkernel k\n", "k", {}, "common"},
      {"append common\nlabel a\nkernel k\nappend own\n", "k", {}, "own"},
      {"append common\nlabel a\nkernel k\nappend -\n", "k", {}, ""},
      {"default menu.c32\nlabel a\nkernel k1\nlabel b\nmenu default\nkernel k2\n", "k2", {}, ""},
      {"default vesamenu.c32\nlabel a\nkernel k1\n", "k1", {}, ""},
      {"default b\nontimeout a\nlabel a\nkernel ka\nlabel b\nkernel kb\n", "ka", {}, ""},
      {"default a more\nlabel a\nkernel ka\n", "ka", {}, ""},
      {"label a\nlocalboot 0\n", "", {}, ""},
      {"label a\n", "", {}, ""},
      {"", "", {}, ""},
      {"# only a comment\n", "", {}, ""},
  };
  for (const PxelinuxRow& row : rows) {
    const auto config = parse_pxelinux_config(row.text);
    ASSERT_EQ(config.has_value(), !row.kernel.empty()) << row.text;
    if (!config) continue;
    EXPECT_EQ(config->kernel, row.kernel) << row.text;
    EXPECT_EQ(config->initrds, row.initrds) << row.text;
    EXPECT_EQ(config->command_line, row.command_line) << row.text;
  }
}

TEST(Pxelinux, UbootsDeviceTree) {
  const auto config = parse_loader_config(
      ConfigDialect::kUboot, "default l\nlabel l\n kernel Image\n initrd i.gz\n fdt board.dtb\n append root=x\n", {});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->device_tree, "board.dtb");
}

TEST(Grub, BootsTheDefaultEntryWithVariablesFilledIn) {
  const auto config = parse_grub_config(kGrub, {{"net_default_server", "10.99.0.1"}});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->kernel, "/images/vmlinuz");
  EXPECT_EQ(config->initrds, (Initrds{"/images/initrd.img", "/images/extra.img"}));
  EXPECT_EQ(config->command_line, "inst.repo=http://h/ inst.ks=http://10.99.0.1/ks.cfg quiet");
}

struct GrubRow {
  std::string_view text;
  std::string_view kernel;
};

TEST(Grub, Table) {
  const GrubRow rows[] = {
      {"linux /k a\ninitrd /i\n", "/k"},  // no menu at all
      {"menuentry a { linux /a }\nmenuentry b { linux /b }", "/a"},
      {"set default=b\nmenuentry a { linux /a }\nmenuentry b { linux /b }", "/b"},
      {"set default='B two'\nmenuentry a { linux /a }\nmenuentry 'B two' { linux /b }", "/b"},
      {"set default=7\nmenuentry a { linux /a }\n", "/a"},
      {"set default=\"1>1\"\nmenuentry a { linux /a }\nsubmenu s { menuentry b { linux /b }\nmenuentry c { linux /c } "
       "}",
       "/c"},
      {"set default=s\nsubmenu s { menuentry b { linux /b } }", "/b"},
      {"set k=/x\nmenuentry a { linux ${k}/v$k }", "/x/v/x"},
      {"menuentry a { linux '/$k \"' }", "/$k \""},
      {"menuentry a { linux (http,10.0.0.1)/k }", "(http,10.0.0.1)/k"},
      {"menuentry a { exit }", ""},
      {"submenu s { }", ""},
      {"}}}} { { ;;; \"", ""},
      {"", ""},
  };
  for (const GrubRow& row : rows) {
    const auto config = parse_grub_config(row.text, {});
    ASSERT_EQ(config.has_value(), !row.kernel.empty()) << row.text;
    EXPECT_EQ(config ? config->kernel : "", row.kernel) << row.text;
  }
}

TEST(Ipxe, ReadsTheDemoTree) {
  const auto config = parse_ipxe_script(kDemoScript, {});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->kernel, "http://10.99.0.1/boot/vmlinuz");
  EXPECT_EQ(config->initrds, Initrds{"http://10.99.0.1/boot/initrd.img"});
  EXPECT_EQ(kickstart_url(config->command_line), "http://10.99.0.1/ks.cfg");
}

struct IpxeRow {
  std::string_view text;
  std::string_view kernel;
  std::string_view command_line;
  std::string_view chain;
};

TEST(Ipxe, Table) {
  const IpxeRow rows[] = {
      {"#!ipxe\nset base http://h\nkernel ${base}/k mac=${net0/mac} ip=${ip}\n", "http://h/k", "mac=aa:bb ip=", ""},
      {"#!ipxe\nkernel --name linux k a b\n", "k", "a b", ""},
      {"#!ipxe\nchain http://h/next.ipxe?m=${mac} || shell\n", "", "", "http://h/next.ipxe?m=aa:bb"},
      {"#!ipxe\ngoto go\nkernel wrong\n:go\nkernel right\n", "right", "", ""},
      {"#!ipxe\niseq ${mac} aa:bb && kernel yes || kernel no\n", "yes", "", ""},
      {"#!ipxe\niseq ${mac} cc && kernel yes || kernel no\n", "no", "", ""},
      {"#!ipxe\nisset ${nothing} || kernel k\n", "k", "", ""},
      {"#!ipxe\nchoose --default b --timeout 10 t && goto ${t}\n:a\nkernel ka\nboot\n:b\nkernel kb\nboot\n", "kb", "",
       ""},
      {"#!ipxe\nset a b\nset x-b found\nkernel ${x-${a}}\n", "found", "", ""},
      {"#!ipxe\n:top\ngoto top\n", "", "", ""},
      {"#!ipxe\necho\n", "", "", ""},
      {"kernel k\n", "", "", ""},
      {"", "", "", ""},
  };
  for (const IpxeRow& row : rows) {
    const auto config = parse_ipxe_script(row.text, {{"mac", "aa:bb"}});
    ASSERT_EQ(config.has_value(), !row.kernel.empty() || !row.chain.empty()) << row.text;
    if (!config) continue;
    EXPECT_EQ(config->kernel, row.kernel) << row.text;
    EXPECT_EQ(config->command_line, row.command_line) << row.text;
    EXPECT_EQ(config->chain, row.chain) << row.text;
  }
}

TEST(LoaderConfig, EveryPrefixOfEveryDialectHasAnAnswer) {
  for (const std::string_view text : {kDemoPxelinux, kDemoScript, kGrub})
    for (const ConfigDialect dialect : {ConfigDialect::kPxelinux, ConfigDialect::kGrub, ConfigDialect::kIpxe})
      rackcast::test::for_every_prefix(std::as_bytes(std::span(text)), [&](std::span<const std::byte> prefix) {
        const std::string_view cut(reinterpret_cast<const char*>(prefix.data()), prefix.size());
        const auto config = parse_loader_config(dialect, cut, {});
        EXPECT_TRUE(config ? !config->kernel.empty() || !config->chain.empty() : !config.error().empty());
        EXPECT_LE(install_url(cut).size(), cut.size());
      });
}

TEST(Kickstart, UrlInACommandLine) {
  EXPECT_EQ(kickstart_url("quiet ks=http://a inst.ks=http://b"), "http://b");
  EXPECT_EQ(kickstart_url("auto=true url=http://h/preseed.cfg"), "http://h/preseed.cfg");
  EXPECT_EQ(kickstart_url("\"inst.ks=http://b\""), "http://b");
  EXPECT_EQ(kickstart_url("inst.ks.sendmac quiet"), "");
  EXPECT_EQ(kickstart_url(""), "");
}

TEST(Kickstart, InstallTree) {
  EXPECT_EQ(install_url("install\nurl --url http://h/\n"), "http://h/");
  EXPECT_EQ(install_url("# url --url=http://no\nurl --noverifyssl --url=\"ftp://h/x\"\r\n"), "ftp://h/x");
  EXPECT_EQ(install_url("url --mirrorlist=http://m\n"), "");
  EXPECT_EQ(install_url("url --url"), "");
  EXPECT_EQ(install_url(""), "");
}

}  // namespace
}  // namespace rackcast::sim
