#include "core/quirks/other_names.h"

#include <array>

#include "proto/dhcp/arch.h"

namespace rackcast {
namespace {

std::optional<PathText> joined(std::string_view folder, std::string_view name) {
  PathText path(folder);
  if (!folder.empty()) (void)path.append("/");
  (void)path.append(name);
  if (path.cut()) return std::nullopt;
  return path;
}

bool is_bare(const AskedName& asked) {
  return asked.path.find('/') == std::string_view::npos;
}

std::optional<PathText> beside_boot_file(const AskedName& asked) {
  if (asked.boot_folder.empty() || asked.path.empty() || !is_bare(asked)) return std::nullopt;
  return joined(asked.boot_folder, asked.path);
}

// shim's own default, by architecture; "" for firmware that starts no shim.
std::string_view second_stage(std::uint16_t architecture) {
  switch (dhcp4::arch_family(dhcp4::ClientArch{architecture})) {
    case dhcp4::ArchFamily::kBios:
      return "";
    case dhcp4::ArchFamily::kEfi32:
      return "grubia32.efi";
    case dhcp4::ArchFamily::kArm64:
      return "grubaa64.efi";
    default:  // not said, as a rule: what most machines are
      return "grubx64.efi";
  }
}

std::optional<PathText> meant_by_garbage(const AskedName& asked) {
  constexpr char kDelete = '\x7F';
  const std::size_t folder_end = asked.path.rfind('/');
  const std::string_view last = asked.path.substr(folder_end + 1);  // npos + 1 is 0
  if (last.empty()) return std::nullopt;
  const char first = last.front();
  const bool text = first >= ' ' && first != kDelete && first != '?';  // a byte above 0x7F is negative
  const std::string_view stage = second_stage(asked.architecture);
  if (text || stage.empty()) return std::nullopt;
  return joined(is_bare(asked) ? asked.boot_folder : asked.path.substr(0, folder_end), stage);
}

std::optional<PathText> spelled_in_any_case(const AskedName& asked) {
  return asked.backslashes ? in_any_case(asked.path) : std::nullopt;
}

struct Repair {
  Quirk quirk;
  std::optional<PathText> (*path)(const AskedName&);
};
constexpr std::array<Repair, kOtherNamesMax> kRepairs{{{Quirk::kBareSecondStage, beside_boot_file},
                                                       {Quirk::kGarbledSecondStage, meant_by_garbage},
                                                       {Quirk::kNameInAnyCase, spelled_in_any_case}}};

}  // namespace

std::optional<OtherName> other_name(const AskedName& asked, unsigned number) {
  for (const Repair& repair : kRepairs) {
    const auto path = repair.path(asked);
    if (path && number-- == 0) return OtherName{repair.quirk, *path};
  }
  return std::nullopt;
}

std::string_view without_end_byte(std::string_view name) {
  while (name.size() > 1 && name.back() == '\xFF') name.remove_suffix(1);
  return name;
}

}  // namespace rackcast
