#include "core/leases/text_cells.h"

#include <algorithm>

namespace rackcast {
namespace {

static_assert(kHostNameBytesMax <= 255 && kClientIdentifierBytesMax <= 255 && kStashedRelayBytesMax <= 255,
              "a text's length is one byte");

char length_of(std::string_view text) {
  return static_cast<char>(static_cast<std::uint8_t>(text.size()));
}

}  // namespace

TextCells::Handle TextCells::take() {
  Handle handle = free_;
  if (handle != kNone) {
    free_ = cells_[handle - 1].next;
  } else {
    handle = ++made_;
  }
  cells_[handle - 1].next = kNone;
  ++used_;
  return handle;
}

std::optional<TextCells::Handle> TextCells::keep(const Lease& lease) {
  const std::array<char, kLengths> lengths{length_of(lease.hostname), length_of(lease.client_identifier),
                                           length_of(lease.relay_info)};
  const std::array<std::string_view, 4> pieces{std::string_view(lengths.data(), lengths.size()), lease.hostname,
                                               lease.client_identifier, lease.relay_info};
  std::size_t bytes = 0;
  for (const std::string_view piece : pieces) bytes += piece.size();
  if (bytes == kLengths) return kNone;
  if ((bytes + kCellBytes - 1) / kCellBytes > cells_.capacity() - used_) return std::nullopt;
  const Handle first = take();
  Handle cell = first;
  std::size_t at = 0;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      if (at == kCellBytes) {
        const Handle next = take();
        cells_[cell - 1].next = next;
        cell = next;
        at = 0;
      }
      const std::size_t count = std::min(piece.size(), kCellBytes - at);
      std::copy_n(piece.begin(), count, cells_[cell - 1].bytes.begin() + at);
      piece.remove_prefix(count);
      at += count;
    }
  }
  return first;
}

void TextCells::release(Handle handle) {
  while (handle != kNone) {
    const Handle next = cells_[handle - 1].next;
    cells_[handle - 1].next = free_;
    free_ = handle;
    --used_;
    handle = next;
  }
}

void TextCells::read(Handle handle, Lease& lease) const {
  if (handle == kNone) return;
  const Cell* cell = &cells_[handle - 1];
  std::size_t at = kLengths;
  const auto take_text = [&](std::size_t left, auto& text) {
    while (left > 0) {
      if (at == kCellBytes) {
        cell = &cells_[cell->next - 1];
        at = 0;
      }
      const std::size_t count = std::min(left, kCellBytes - at);
      (void)text.append({cell->bytes.data() + at, count});
      left -= count;
      at += count;
    }
  };
  const std::array<std::uint8_t, kLengths> lengths{static_cast<std::uint8_t>(cell->bytes[0]),
                                                   static_cast<std::uint8_t>(cell->bytes[1]),
                                                   static_cast<std::uint8_t>(cell->bytes[2])};
  take_text(lengths[0], lease.hostname);
  take_text(lengths[1], lease.client_identifier);
  take_text(lengths[2], lease.relay_info);
}

}  // namespace rackcast
