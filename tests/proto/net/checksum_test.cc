#include "proto/net/checksum.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/proto/wire_bytes.h"

namespace rackcast::net {
namespace {

using namespace std::string_literals;
using test::bytes_of;

// The definition, word by word, to compare with.
std::uint16_t by_definition(std::span<const std::byte> data) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < data.size(); i += 2) {
    std::uint32_t word = std::to_integer<std::uint32_t>(data[i]) << 8U;
    if (i + 1 < data.size()) word |= std::to_integer<std::uint32_t>(data[i + 1]);
    sum += word;
    if (sum > 0xFFFF) sum -= 0xFFFF;  // end-around carry
  }
  return static_cast<std::uint16_t>(~sum);
}

TEST(InternetChecksum, SumsTheExampleOfRfc1071) {
  EXPECT_EQ(internet_checksum(bytes_of("\x00\x01\xF2\x03\xF4\xF5\xF6\xF7"s)), 0x220D);
}

TEST(InternetChecksum, NothingSumsToAllOnes) {
  EXPECT_EQ(internet_checksum({}), 0xFFFF);
}

TEST(InternetChecksum, OddLastByteIsTheHighOne) {
  EXPECT_EQ(internet_checksum(bytes_of("\x12")), 0xEDFF);
}

TEST(InternetChecksum, AgreesWithTheDefinitionAtEveryLengthAndAlignment) {
  std::mt19937 random(1071);
  std::vector<std::byte> data(1'600);
  for (std::byte& b : data) b = std::byte(random() & 0xFFU);
  for (std::size_t start = 0; start < 8; ++start) {
    for (std::size_t size = 0; size < 70; ++size) {
      const auto part = std::span(data).subspan(start, size);
      ASSERT_EQ(internet_checksum(part), by_definition(part)) << start << "+" << size;
    }
  }
  EXPECT_EQ(internet_checksum(data), by_definition(data));
}

TEST(InternetChecksum, AllOnesCarryAround) {
  const std::vector<std::byte> ones(65'535, std::byte{0xFF});
  EXPECT_EQ(internet_checksum(ones), by_definition(ones));
}

TEST(InternetChecksum, PiecesOfAnyLengthSumLikeTheWhole) {
  std::mt19937 random(768);
  std::vector<std::byte> data(64);
  for (std::byte& b : data) b = std::byte(random() & 0xFFU);
  const auto whole = std::span<const std::byte>(data);
  for (std::size_t first = 0; first <= data.size(); ++first) {
    for (std::size_t second = first; second <= data.size(); ++second) {
      InternetChecksum checksum;
      checksum.add(whole.first(first));
      checksum.add(whole.subspan(first, second - first));
      checksum.add(whole.subspan(second));
      ASSERT_EQ(checksum.value(), by_definition(whole)) << first << " " << second;
    }
  }
}

TEST(InternetChecksum, NumbersCountAsTheirBytes) {
  InternetChecksum checksum;
  checksum.add_be16(0x1234);
  checksum.add_be32(0xFEDC'BA98);
  checksum.add_address(Ipv4Address(192, 168, 1, 254));
  EXPECT_EQ(checksum.value(), by_definition(bytes_of("\x12\x34\xFE\xDC\xBA\x98\xC0\xA8\x01\xFE"s)));
}

}  // namespace
}  // namespace rackcast::net
