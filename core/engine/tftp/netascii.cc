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

std::size_t translate_back(std::span<const std::byte> text, bool& after_cr, std::span<std::byte> out) {
  constexpr std::byte kNul{0};
  constexpr std::byte kLf{'\n'};
  constexpr std::byte kCr{'\r'};
  std::size_t size = 0;
  for (const std::byte byte : text) {
    if (after_cr) {
      after_cr = false;
      if (byte == kLf || byte == kNul) {
        out[size++] = byte == kLf ? kLf : kCr;
        continue;
      }
      out[size++] = kCr;
    }
    if (byte == kCr)
      after_cr = true;
    else
      out[size++] = byte;
  }
  return size;
}

}  // namespace rackcast::engine::tftpd
