#include "proto/dhcp/option_table.h"

#include <algorithm>

namespace rackcast::dhcp4 {
namespace {

constexpr std::uint8_t kNoEntry = 0xFF;
static_assert(kOptionTable.size() < kNoEntry);

constexpr bool is_sorted_by_code() {
  return std::is_sorted(kOptionTable.begin(), kOptionTable.end(),
                        [](const OptionSpec& a, const OptionSpec& b) { return a.code <= b.code; });
}
static_assert(is_sorted_by_code(), "one entry per code, in code order");

constexpr std::array<std::uint8_t, 256> make_index() {
  std::array<std::uint8_t, 256> index{};
  index.fill(kNoEntry);
  for (std::size_t i = 0; i < kOptionTable.size(); ++i) index[kOptionTable[i].code] = static_cast<std::uint8_t>(i);
  return index;
}
constexpr std::array<std::uint8_t, 256> kIndexByCode = make_index();

}  // namespace

const OptionSpec* find_option(OptionCode code) {
  const std::uint8_t entry = kIndexByCode[static_cast<std::uint8_t>(code)];
  return entry == kNoEntry ? nullptr : &kOptionTable[entry];
}

const OptionSpec* find_option(std::string_view name) {
  const auto found = std::find_if(kOptionTable.begin(), kOptionTable.end(),
                                  [name](const OptionSpec& spec) { return spec.name == name; });
  return found == kOptionTable.end() ? nullptr : &*found;
}

}  // namespace rackcast::dhcp4
