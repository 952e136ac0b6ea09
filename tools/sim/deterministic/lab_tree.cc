#include "tools/sim/deterministic/lab_tree.h"

#include <array>
#include <string>

namespace rackcast::sim {

TreeContent lab_tree(const LabTreeSizes& sizes, net::Ipv4Address server, InstallBy install, std::uint64_t seed) {
  TreeContent tree;
  const auto random = [&](const std::string& path, std::size_t size) {
    tree.emplace(path, random_content(size, seed ^ std::hash<std::string>{}(path)));
  };
  const auto text = [&](const std::string& path, const std::string& content) {
    tree.emplace(path, text_content(content));
  };
  for (const char* nbp : {"pxelinux.0", "ldlinux.c32", "ipxe.efi", "efi/shimx64.efi", "efi/grubx64.efi", "bootmgfw.efi",
                          "Boot/BCD", "Boot/Fonts/wgl4_boot.ttf", "bootcode.bin", "start.elf", "fixup.dat"})
    random(nbp, sizes.nbp);
  random("vmlinuz", sizes.kernel);
  random("kernel8.img", 2 * (sizes.kernel + sizes.initrd));
  random("sources/boot.wim", 2 * (sizes.kernel + sizes.initrd));
  random("initrd.img", sizes.initrd);
  text("config.txt", "kernel=kernel8.img\n");
  text("cmdline.txt", "console=serial0,115200\n");

  const std::string address(server.text().view());
  const std::string base = (install == InstallBy::kHttp ? "http://" : "ftp://") + address + "/";
  const std::string arguments = "inst.ks=" + base + "ks.cfg inst.repo=" + base;
  text("pxelinux.cfg/default",
       "default install\nprompt 0\nlabel install\n  kernel vmlinuz\n  append initrd=initrd.img " + arguments + "\n");
  text("grub.cfg",
       "set timeout=1\nmenuentry 'install' {\n  linux /vmlinuz " + arguments + "\n  initrd /initrd.img\n}\n");
  tree.emplace("efi/grub.cfg", tree.at("grub.cfg"));
  text("boot.ipxe", "#!ipxe\nkernel http://" + address + "/vmlinuz initrd=initrd.img " + arguments +
                        "\ninitrd http://" + address + "/initrd.img\nboot\n");
  text("ks.cfg", "text\nurl --url=" + base + "\n%packages\n@core\n%end\n");
  for (std::uint32_t i = 0; i < sizes.packages; ++i)
    random("packages/p" + std::to_string(1'000 + i).substr(1) + ".rpm", sizes.package);
  return tree;
}

}  // namespace rackcast::sim
