#include "core/board/stage.h"

#include <algorithm>

#include "proto/bytes/ascii.h"

namespace rackcast {
namespace {

constexpr std::array<std::string_view, kStages> kNames{"discover", "offer",  "ack",       "nbp",      "config",
                                                       "kernel",   "initrd", "kickstart", "packages", "done"};

enum class Where : std::uint8_t {
  kName,       // the last component is this
  kNameStart,  // it begins with this
  kNameEnd,    // it ends with this
  kFolder,     // any other component is this
};

struct Rule {
  Where where;
  std::string_view text;  // lower case
  Stage stage;
  bool module = false;
  bool package = false;
};

constexpr Stage kNbp = Stage::kNbp;
constexpr Stage kConfig = Stage::kConfig;
constexpr Stage kKernel = Stage::kKernel;
constexpr Stage kInitrd = Stage::kInitrd;
constexpr Stage kKickstart = Stage::kKickstart;
constexpr Stage kPackages = Stage::kPackages;

// The first that matches decides, so the particular comes before the general: preseed.cfg before *.cfg, vmlinuz.efi
// before *.efi.
constexpr Rule kRules[] = {
    {Where::kNameEnd, ".rpm", kPackages, false, true},
    {Where::kNameEnd, ".drpm", kPackages, false, true},
    {Where::kNameEnd, ".deb", kPackages, false, true},
    {Where::kNameEnd, ".udeb", kPackages, false, true},
    {Where::kNameEnd, ".apk", kPackages, false, true},
    {Where::kNameEnd, ".pkg.tar.zst", kPackages, false, true},
    {Where::kFolder, "repodata", kPackages},
    {Where::kName, ".treeinfo", kPackages},
    {Where::kName, "treeinfo", kPackages},
    {Where::kName, "media.repo", kPackages},
    {Where::kNameStart, "rpm-gpg-key", kPackages},
    {Where::kName, "release", kPackages},
    {Where::kName, "release.gpg", kPackages},
    {Where::kName, "inrelease", kPackages},
    {Where::kName, "packages", kPackages},
    {Where::kNameStart, "packages.", kPackages},

    {Where::kNameEnd, ".ks", kKickstart},
    {Where::kNameStart, "ks.cfg", kKickstart},
    {Where::kNameEnd, "ks.cfg", kKickstart},
    {Where::kNameEnd, ".ks.cfg", kKickstart},
    {Where::kNameStart, "kickstart", kKickstart},
    {Where::kNameStart, "preseed", kKickstart},
    {Where::kNameEnd, ".seed", kKickstart},
    {Where::kName, "user-data", kKickstart},
    {Where::kName, "meta-data", kKickstart},
    {Where::kName, "vendor-data", kKickstart},
    {Where::kName, "network-config", kKickstart},
    {Where::kNameStart, "autoinst", kKickstart},
    {Where::kNameStart, "autounattend", kKickstart},
    {Where::kFolder, "kickstart", kKickstart},
    {Where::kFolder, "kickstarts", kKickstart},

    {Where::kNameStart, "vmlinuz", kKernel},
    {Where::kNameStart, "vmlinux", kKernel},
    {Where::kNameStart, "bzimage", kKernel},
    {Where::kName, "linux", kKernel},
    {Where::kNameStart, "linux-", kKernel},
    {Where::kNameStart, "kernel", kKernel},
    {Where::kName, "image", kKernel},
    {Where::kNameStart, "memtest", kKernel},
    {Where::kName, "memdisk", kKernel},
    {Where::kNameStart, "wimboot", kKernel},

    {Where::kNameStart, "initrd", kInitrd},
    {Where::kNameStart, "initramfs", kInitrd},
    {Where::kNameEnd, ".squashfs", kInitrd},
    {Where::kNameEnd, ".wim", kInitrd},
    {Where::kNameEnd, ".img", kInitrd},

    {Where::kFolder, "pxelinux.cfg", kConfig},
    {Where::kNameStart, "grub.cfg", kConfig},
    {Where::kNameEnd, ".ipxe", kConfig},
    {Where::kNameEnd, ".cfg", kConfig},
    {Where::kNameEnd, ".msg", kConfig},
    {Where::kName, "bcd", kConfig},

    {Where::kNameEnd, ".c32", kNbp, true},
    {Where::kNameEnd, ".mod", kNbp, true},
    {Where::kNameEnd, ".lst", kNbp, true},
    {Where::kNameEnd, ".pf2", kNbp, true},
    {Where::kNameEnd, ".0", kNbp},
    {Where::kNameEnd, ".efi", kNbp},
    {Where::kNameEnd, ".kpxe", kNbp},
    {Where::kNameEnd, ".kkpxe", kNbp},
    {Where::kNameEnd, ".pxe", kNbp},
    {Where::kNameEnd, ".n12", kNbp},
    {Where::kNameEnd, ".com", kNbp},
};

bool has_folder(std::string_view folders, std::string_view folder) {
  for (std::size_t at = 0; at < folders.size();) {
    const std::size_t end = std::min(folders.find('/', at), folders.size());
    if (folders.substr(at, end - at) == folder) return true;
    at = end + 1;
  }
  return false;
}

bool matches(const Rule& rule, std::string_view folders, std::string_view name) {
  switch (rule.where) {
    case Where::kName:
      return name == rule.text;
    case Where::kNameStart:
      return name.starts_with(rule.text);
    case Where::kNameEnd:
      return name.ends_with(rule.text);
    case Where::kFolder:
      return has_folder(folders, rule.text);
  }
  return false;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), bytes::to_lower);
  return result;
}

}  // namespace

std::string_view stage_name(Stage stage) {
  return kNames[static_cast<std::size_t>(stage)];
}

std::optional<Stage> stage_named(std::string_view name) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Stage>(found - kNames.begin());
}

PathClass classify_path(std::string_view path, std::span<const std::string> boot_files) {
  const std::string lowered = lower(path);
  const std::string_view all = lowered;
  const std::size_t slash = all.rfind('/');
  const std::string_view folders = slash == std::string_view::npos ? std::string_view{} : all.substr(0, slash);
  const std::string_view name = slash == std::string_view::npos ? all : all.substr(slash + 1);
  PathClass result;
  for (const Rule& rule : kRules) {
    if (!matches(rule, folders, name)) continue;
    result = {rule.stage, rule.module, rule.package};
    break;
  }
  // A boot file by configuration is an NBP whatever its name, unless it is a script: that is the boot loader's.
  if (result.stage != kConfig && std::find(boot_files.begin(), boot_files.end(), path) != boot_files.end())
    result = {kNbp, false, false};
  return result;
}

}  // namespace rackcast
