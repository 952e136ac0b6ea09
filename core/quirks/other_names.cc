#include "core/quirks/other_names.h"

namespace rackcast {
namespace {

std::optional<PathText> beside_boot_file(const AskedName& asked) {
  if (asked.boot_folder.empty() || asked.path.empty() || asked.path.find('/') != std::string_view::npos)
    return std::nullopt;
  PathText path;
  path.assign(asked.boot_folder);
  (void)path.append("/");
  (void)path.append(asked.path);
  if (path.cut()) return std::nullopt;
  return path;
}

}  // namespace

std::optional<OtherName> other_name(const AskedName& asked, unsigned number) {
  if (const auto beside = beside_boot_file(asked)) {
    if (number == 0) return OtherName{Quirk::kBareSecondStage, *beside};
    --number;
  }
  if (number > 0 || !asked.backslashes) return std::nullopt;
  const auto any = in_any_case(asked.path);
  if (!any) return std::nullopt;
  return OtherName{Quirk::kNameInAnyCase, *any};
}

std::string_view without_end_byte(std::string_view name) {
  while (name.size() > 1 && name.back() == '\xFF') name.remove_suffix(1);
  return name;
}

}  // namespace rackcast
