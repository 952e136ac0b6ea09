// What an encoder writes, as text; and that it writes nothing it has no room for.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "proto/bytes/writer.h"
#include "tests/proto/wire_bytes.h"

namespace rackcast::ftp {

// `put(writer)` into ample room; "(failed)" when the writer failed there.
template <typename Put>
std::string written(Put put) {
  std::vector<std::byte> room(64 * 1'024);
  bytes::Writer out(room);
  put(out);
  return out.ok() ? test::text_of(out.written()) : "(failed)";
}

// With every room below the need the writer fails; with exactly the need it does not.
template <typename Put>
void expect_fails_in_every_smaller_room(Put put) {
  const std::size_t need = written(put).size();
  for (std::size_t size = 0; size <= need; ++size) {
    std::vector<std::byte> room(size);
    bytes::Writer out(room);
    put(out);
    EXPECT_EQ(out.ok(), size == need) << size << " of " << need;
  }
}

}  // namespace rackcast::ftp
