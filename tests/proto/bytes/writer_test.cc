#include "proto/bytes/writer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <random>
#include <vector>

#include "proto/bytes/cursor.h"

namespace rackcast::bytes {
namespace {

constexpr std::byte kGuard{0xA5};

std::vector<int> ints(std::span<const std::byte> octets) {
  std::vector<int> values;
  for (const std::byte b : octets) values.push_back(std::to_integer<int>(b));
  return values;
}

TEST(Writer, WritesNetworkOrder) {
  std::array<std::byte, 15> out{};
  Writer writer(out);
  writer.u8(0x01);
  writer.be16(0x0203);
  writer.be32(0x0405'0607);
  writer.be64(0x0809'0A0B'0C0D'0E0FU);
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(writer.room(), 0U);
  EXPECT_EQ(ints(writer.written()), (std::vector<int>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}));
}

TEST(Writer, LittleEndianIsTheOtherWayRound) {
  std::array<std::byte, 6> out{};
  Writer writer(out);
  writer.le16(0x0102);
  writer.le32(0x0304'0506);
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(ints(writer.written()), (std::vector<int>{2, 1, 6, 5, 4, 3}));
  Cursor back(writer.written());
  EXPECT_EQ(back.le16(), 0x0102);
  EXPECT_EQ(back.le32(), 0x0304'0506U);
  EXPECT_EQ(back.le16(), 0);  // past the end
  EXPECT_FALSE(back.ok());
  writer.le16(1);
  EXPECT_FALSE(writer.ok());
}

TEST(Writer, WhatDoesNotFitIsNotWrittenAtAll) {
  std::array<std::byte, 6> out{};
  out.fill(kGuard);
  Writer writer{std::span(out).first(5)};
  writer.be16(1);
  writer.be32(0xFFFF'FFFF);
  EXPECT_FALSE(writer.ok());
  writer.u8(7);  // would fit, but the error is sticky
  EXPECT_EQ(writer.size(), 2U);
  for (std::size_t i = 2; i < out.size(); ++i) EXPECT_EQ(out[i], kGuard) << i;
}

TEST(Writer, TextBytesAndZerosAreBounded) {
  std::array<std::byte, 4> out{};
  out.fill(kGuard);
  Writer writer{std::span(out).first(3)};
  writer.text("ab");
  writer.zeros(1);
  EXPECT_TRUE(writer.ok());
  writer.zeros(1);
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(out[2], std::byte{0});
  EXPECT_EQ(out[3], kGuard);

  Writer huge{std::span(out).first(3)};
  huge.zeros(static_cast<std::size_t>(-1));
  EXPECT_FALSE(huge.ok());
  Writer text{std::span(out).first(3)};
  text.text("abcd");
  EXPECT_FALSE(text.ok());
  EXPECT_EQ(text.size(), 0U);
}

TEST(Writer, PatchesOnlyWhatWasWritten) {
  std::array<std::byte, 8> out{};
  Writer writer(out);
  writer.be32(0);
  writer.patch_be16(2, 0xBEEF);
  ASSERT_TRUE(writer.ok());
  EXPECT_EQ(ints(writer.written()), (std::vector<int>{0, 0, 0xBE, 0xEF}));
  writer.patch_be16(3, 1);
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(out[4], std::byte{0});
}

TEST(Writer, EmptyRoomTakesEmptyWrites) {
  Writer writer{std::span<std::byte>{}};
  writer.bytes({});
  writer.text("");
  writer.zeros(0);
  EXPECT_TRUE(writer.ok());
  writer.u8(0);
  EXPECT_FALSE(writer.ok());
}

TEST(Writer, CursorReadsBackWhatWasWritten) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::array<std::byte, 64> out{};
    std::vector<std::pair<int, std::uint64_t>> fields;
    Writer writer(out);
    for (int i = 0; i < 6; ++i) {
      const int width = static_cast<int>(random() % 4);
      const std::uint64_t value = random() >> (64U - (8U << static_cast<unsigned>(width)));
      fields.emplace_back(width, value);
      if (width == 0) writer.u8(static_cast<std::uint8_t>(value));
      if (width == 1) writer.be16(static_cast<std::uint16_t>(value));
      if (width == 2) writer.be32(static_cast<std::uint32_t>(value));
      if (width == 3) writer.be64(value);
    }
    ASSERT_TRUE(writer.ok());
    Cursor cursor(writer.written());
    for (const auto& [width, value] : fields) {
      const std::uint64_t read = width == 0   ? cursor.u8()
                                 : width == 1 ? cursor.be16()
                                 : width == 2 ? cursor.be32()
                                              : cursor.be64();
      ASSERT_EQ(read, value);
    }
    ASSERT_TRUE(cursor.ok() && cursor.at_end());
  }
}

}  // namespace
}  // namespace rackcast::bytes
