#include "proto/bytes/cursor.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace rackcast::bytes {
namespace {

constexpr std::array kData{std::byte{0x01}, std::byte{0x23}, std::byte{0x45}, std::byte{0x67}, std::byte{0x89},
                           std::byte{0xAB}, std::byte{0xCD}, std::byte{0xEF}, std::byte{0xFE}, std::byte{0xDC},
                           std::byte{0xBA}, std::byte{0x98}, std::byte{0x76}, std::byte{0x54}, std::byte{0x32}};

std::span<const std::byte> octets(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(Cursor, ReadsNetworkOrder) {
  Cursor cursor(kData);
  EXPECT_EQ(cursor.u8(), 0x01);
  EXPECT_EQ(cursor.be16(), 0x2345);
  EXPECT_EQ(cursor.be32(), 0x6789'ABCDU);
  EXPECT_EQ(cursor.be64(), 0xEFFE'DCBA'9876'5432U);
  EXPECT_TRUE(cursor.ok());
  EXPECT_TRUE(cursor.at_end());
  EXPECT_EQ(cursor.position(), kData.size());
}

TEST(Cursor, ReadsAtCompileTime) {
  static_assert([] {
    Cursor cursor(kData);
    cursor.skip(1);
    return cursor.be16() == 0x2345 && cursor.position() == 3 && cursor.ok();
  }());
}

TEST(Cursor, FailureIsStickyAndYieldsZeroes) {
  Cursor cursor{std::span(kData).first(3)};
  EXPECT_EQ(cursor.be16(), 0x0123);
  EXPECT_EQ(cursor.be16(), 0);
  EXPECT_FALSE(cursor.ok());
  EXPECT_EQ(cursor.u8(), 0) << "the third octet must not be given after a failure";
  EXPECT_TRUE(cursor.bytes(0).empty());
  EXPECT_FALSE(cursor.ok());
  EXPECT_EQ(cursor.remaining(), 0U);
}

TEST(Cursor, EveryShortReadFails) {
  for (std::size_t size = 0; size < 8; ++size) {
    Cursor cursor{std::span(kData).first(size)};
    EXPECT_EQ(cursor.be64(), 0U) << size;
    EXPECT_FALSE(cursor.ok()) << size;
  }
}

TEST(Cursor, BorrowsBytesWithoutCopying) {
  Cursor cursor(kData);
  cursor.skip(2);
  const auto taken = cursor.bytes(4);
  EXPECT_EQ(taken.data(), kData.data() + 2);
  EXPECT_EQ(taken.size(), 4U);
  EXPECT_EQ(cursor.rest().data(), kData.data() + 6);
  EXPECT_TRUE(cursor.at_end());
  EXPECT_TRUE(cursor.rest().empty());
  EXPECT_TRUE(cursor.ok()) << "nothing left is not an error";
}

TEST(Cursor, RefusesSizesThatWouldWrap) {
  Cursor cursor(kData);
  cursor.skip(1);
  EXPECT_TRUE(cursor.bytes(static_cast<std::size_t>(-1)).empty());
  EXPECT_FALSE(cursor.ok());
}

TEST(Cursor, ReadsTextUpToNul) {
  Cursor cursor(octets(std::string_view("pxelinux.0\0octet\0\0x", 19)));
  EXPECT_EQ(cursor.until_nul(), "pxelinux.0");
  EXPECT_EQ(cursor.until_nul(), "octet");
  EXPECT_EQ(cursor.until_nul(), "");
  EXPECT_TRUE(cursor.ok());
  EXPECT_EQ(cursor.remaining(), 1U);
}

TEST(Cursor, FailsOnTextWithoutNul) {
  Cursor cursor(octets("octet"));
  EXPECT_EQ(cursor.until_nul(), "");
  EXPECT_FALSE(cursor.ok());
  Cursor empty{std::span<const std::byte>{}};
  EXPECT_EQ(empty.until_nul(), "");
  EXPECT_FALSE(empty.ok());
}

TEST(Cursor, MayBeFailedByItsUser) {
  Cursor cursor(kData);
  cursor.fail();
  EXPECT_FALSE(cursor.ok());
  EXPECT_EQ(cursor.u8(), 0);
}

}  // namespace
}  // namespace rackcast::bytes
