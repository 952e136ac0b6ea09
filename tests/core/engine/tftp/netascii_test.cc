#include "core/engine/tftp/netascii.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "tests/support/heap_image.h"

namespace rackcast::engine::tftpd {
namespace {

std::string whole_translation(const std::string& text, std::size_t block) {
  const auto image = testing::bytes_of(text);
  NetasciiPosition position;
  std::string out;
  for (;;) {
    std::vector<std::byte> room(block);
    const std::size_t count = translate(image, position, room);
    out.append(reinterpret_cast<const char*>(room.data()), count);
    if (count < block) return out;
  }
}

TEST(Netascii, LineFeedBecomesCarriageReturnLineFeed) {
  EXPECT_EQ(whole_translation("a\nb\n", 512), "a\r\nb\r\n");
}

TEST(Netascii, CarriageReturnBecomesCarriageReturnNul) {
  EXPECT_EQ(whole_translation("a\rb", 512), std::string("a\r\0b", 4));
  EXPECT_EQ(whole_translation("\r\n", 512), std::string("\r\0\r\n", 4));
}

TEST(Netascii, APairMayBeTornByABlockBorder) {
  for (std::size_t block = 1; block < 9; ++block)
    EXPECT_EQ(whole_translation("\n\n\rx\n", block), std::string("\r\n\r\n\r\0x\r\n", 9)) << block;
}

TEST(Netascii, SkippingEqualsTranslating) {
  std::mt19937 random(7);
  std::string text(500, ' ');
  for (char& c : text) c = "\r\nxy"[random() % 4];
  const auto image = testing::bytes_of(text);
  for (std::uint64_t count = 0; count < 700; count += 13) {
    NetasciiPosition translated;
    NetasciiPosition skipped;
    std::vector<std::byte> room(count);
    (void)translate(image, translated, room);
    skip_translated(image, skipped, count);
    EXPECT_EQ(translated.offset, skipped.offset);
    EXPECT_EQ(translated.due, skipped.due);
  }
}

}  // namespace
}  // namespace rackcast::engine::tftpd
