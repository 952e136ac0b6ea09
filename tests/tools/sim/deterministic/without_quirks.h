// A server without some of its quirks: what they add to DHCP answers is taken out on the way, and names that only they
// find are made names that nobody has. What the machines of the profiles then make of it.
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "core/images/path.h"
#include "core/quirks/quirk.h"
#include "proto/dhcp/message.h"
#include "proto/dhcp/options.h"
#include "tests/tools/sim/deterministic/mutants.h"
#include "tools/sim/deterministic/virtual_tree.h"

namespace rackcast::sim::testing {

class WithoutQuirks final : public IoDecorator {
 public:
  WithoutQuirks(PacketIo& inner, QuirkSet without, const TreeContent& tree)
      : IoDecorator(inner), without_(without), tree_(tree) {}

  void commit(TxSlot* slot) override {
    const auto message = first_header(*slot);
    const auto parsed = dhcp4::parse_message(message);
    if (parsed && parsed->header.op == dhcp4::Op::kReply) strip(message.subspan(dhcp4::kOptionsOffset));
    inner_.commit(slot);
  }
  [[nodiscard]] std::size_t poll(std::span<ReceivedDatagram> out, MonotonicTime until) override {
    const std::size_t count = inner_.poll(out, until);
    for (const ReceivedDatagram& datagram : out.first(count))
      tamper({const_cast<std::byte*>(datagram.payload.data()), datagram.payload.size()});
    return count;
  }

 private:
  static constexpr std::byte kPad{0};
  static constexpr std::byte kEnd{255};

  // Options in place: one that is left out becomes padding.
  void strip(std::span<std::byte> options) const {
    for (std::size_t i = 0; i + 1 < options.size() && options[i] != kEnd;) {
      if (options[i] == kPad) {
        ++i;
        continue;
      }
      const std::size_t size = 2 + std::to_integer<std::size_t>(options[i + 1]);
      if (i + size > options.size()) return;
      const auto option = options.subspan(i, size);
      const auto code = static_cast<dhcp4::OptionCode>(option[0]);
      if (code == dhcp4::OptionCode::kBootFileName && without_.has(Quirk::kBootFileTerminated)) {
        if (option.back() == kPad) option[1] = static_cast<std::byte>(size - 3);  // the NUL is padding now
      } else if (is_left_out(code)) {
        std::fill(option.begin(), option.end(), kPad);
      }
      i += size;
    }
  }
  [[nodiscard]] bool is_left_out(dhcp4::OptionCode code) const {
    switch (code) {
      case dhcp4::OptionCode::kVendorClass:
        return without_.has(Quirk::kHttpClassEchoed);
      case dhcp4::OptionCode::kVendorOptions:
        return without_.has(Quirk::kRaspberryPiText);
      case dhcp4::OptionCode::kIpxe:
        return without_.has(Quirk::kProxyWaitLeftOut);
      default:
        return false;
    }
  }

  void tamper(std::span<std::byte> payload) const {
    if (payload.size() < 4 || payload[0] != std::byte{0}) return;
    if (payload[1] == std::byte{5} && without_.has(Quirk::kSizeProbe)) {
      constexpr std::byte kDiskFull{3};  // an ERROR that ends no size probe
      payload[3] = kDiskFull;
      return;
    }
    if (payload[1] != std::byte{1}) return;
    const auto name = payload.subspan(2);
    const auto end = std::find(name.begin(), name.end(), kPad);
    if (end == name.end() || end == name.begin()) return;
    const std::string text(reinterpret_cast<const char*>(name.data()), static_cast<std::size_t>(end - name.begin()));
    if (const auto needed = quirk_for(text); needed && without_.has(*needed))
      name.front() = *(end - 1) = std::byte{'~'};
  }
  // Without which the name is not found.
  [[nodiscard]] std::optional<Quirk> quirk_for(const std::string& name) const {
    if (name.back() == '\xFF') return Quirk::kEndByteInName;
    const NormalizedPath normalized = normalize_path(name, kTreeRoot);
    if (normalized.reject || tree_.contains(std::string(normalized.path.view()))) return std::nullopt;
    if (name.find('\\') != std::string::npos) return Quirk::kNameInAnyCase;
    return name[name.rfind('/') + 1] == '\x01' ? Quirk::kGarbledSecondStage : Quirk::kBareSecondStage;
  }

  QuirkSet without_;
  const TreeContent& tree_;
};

}  // namespace rackcast::sim::testing
