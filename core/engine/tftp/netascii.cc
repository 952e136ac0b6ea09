#include "core/engine/tftp/netascii.h"

#include <optional>

namespace rackcast::engine::tftpd {
namespace {

constexpr std::byte kCarriageReturn{'\r'};
constexpr std::byte kLineFeed{'\n'};

std::optional<std::byte> next(std::span<const std::byte> image, NetasciiPosition& position) {
  if (position.due) {
    position.due = false;
    return position.due_byte;
  }
  if (position.offset >= image.size()) return std::nullopt;
  const std::byte byte = image[position.offset++];
  if (byte != kCarriageReturn && byte != kLineFeed) return byte;
  position.due = true;
  position.due_byte = byte == kLineFeed ? kLineFeed : std::byte{0};
  return kCarriageReturn;
}

}  // namespace

std::size_t translate(std::span<const std::byte> image, NetasciiPosition& position, std::span<std::byte> out) {
  std::size_t count = 0;
  for (; count < out.size(); ++count) {
    const auto byte = next(image, position);
    if (!byte) break;
    out[count] = *byte;
  }
  return count;
}

void skip_translated(std::span<const std::byte> image, NetasciiPosition& position, std::uint64_t count) {
  while (count-- > 0 && next(image, position)) continue;
}

}  // namespace rackcast::engine::tftpd
