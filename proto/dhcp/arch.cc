#include "proto/dhcp/arch.h"

#include <algorithm>
#include <charconv>

namespace rackcast::dhcp4 {
namespace {

// In the order of ArchFamily.
constexpr std::array<std::string_view, kArchFamilyCount> kFamilyKeys{"other",    "bios",        "efi32",      "efi64",
                                                                     "arm32",    "arm64",       "riscv32",    "riscv64",
                                                                     "riscv128", "loongarch32", "loongarch64"};
static_assert(static_cast<std::size_t>(ArchFamily::kLoongarch64) + 1 == kArchFamilyCount);

// The digits after `label` in ":Arch:00007:UNDI:003016": exactly `digits` of them, then the end or another ':'.
std::optional<std::uint16_t> labelled_number(std::string_view text, std::string_view label, std::size_t digits) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + label.size());
  text = text.substr(0, text.find(':'));
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  std::uint16_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 10);
  if (text.size() != digits || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view arch_family_key(ArchFamily family) {
  const auto index = static_cast<std::size_t>(family);
  return index < kFamilyKeys.size() ? kFamilyKeys[index] : kFamilyKeys[0];
}

std::optional<ArchFamily> arch_family_from_key(std::string_view key) {
  const auto found = std::find(kFamilyKeys.begin(), kFamilyKeys.end(), key);
  if (found == kFamilyKeys.end()) return std::nullopt;
  return static_cast<ArchFamily>(found - kFamilyKeys.begin());
}

VendorClass VendorClass::parse(std::string_view option_60) {
  VendorClass result;
  if (option_60.starts_with(kPxeClientClass)) result.boot = BootClass::kPxe;
  if (option_60.starts_with(kHttpClientClass)) result.boot = BootClass::kHttp;
  if (result.boot == BootClass::kNone) return result;
  if (const auto code = labelled_number(option_60, ":Arch:", 5)) result.arch = static_cast<ClientArch>(*code);
  result.undi_version = labelled_number(option_60, ":UNDI:", 6);
  return result;
}

}  // namespace rackcast::dhcp4
