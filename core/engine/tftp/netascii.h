// netascii (RFC 1350 section 1, RFC 764): on the way out LF becomes CR LF, CR becomes CR NUL; on the way in back. A
// pair may be torn by a block border, so a position carries the byte that is still due. Pure; O(bytes produced); no
// allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace rackcast::engine::tftpd {

struct NetasciiPosition {
  std::uint64_t offset = 0;  // next byte of the image
  bool due = false;          // `due_byte` comes first
  std::byte due_byte{};
};

// Fills `out` from `position` on and moves it; returns how many bytes. Fewer than out.size() means the image is at its
// end.
[[nodiscard]] std::size_t translate(std::span<const std::byte> image, NetasciiPosition& position,
                                    std::span<std::byte> out);

// Moves `position` over `count` translated bytes.
void skip_translated(std::span<const std::byte> image, NetasciiPosition& position, std::uint64_t count);

// The way back, over block borders: a CR at the end of one block waits in `after_cr` for the next. CR before anything
// but LF and NUL stays what it is. Returns how many bytes were written; at most one more than came, `out` has room for
// them.
[[nodiscard]] std::size_t translate_back(std::span<const std::byte> text, bool& after_cr, std::span<std::byte> out);

}  // namespace rackcast::engine::tftpd
