#include "core/engine/tftp/terms.h"

#include <gtest/gtest.h>

namespace rackcast::engine::tftpd {
namespace {

tftp::Request octet() {
  tftp::Request request;
  request.filename = "f";
  return request;
}

TEST(TftpTerms, WithoutOptionsTheDefaultsHoldAndNothingIsGranted) {
  const Terms terms = negotiate(octet(), {});
  EXPECT_FALSE(terms.any());
  EXPECT_EQ(terms.block_size, 512);
  EXPECT_EQ(terms.window, 1);
  EXPECT_EQ(terms.first_wait(), std::chrono::seconds(1));
}

TEST(TftpTerms, EachOptionIsGrantedOnlyWhenAsked) {
  tftp::Request request = octet();
  request.options.blksize = 1468;
  EXPECT_EQ(granted(negotiate(request, {}), 99), (tftp::Options{.blksize = 1468}));
  request = octet();
  request.options.tsize = 0;
  EXPECT_EQ(granted(negotiate(request, {}), 99), (tftp::Options{.tsize = 99}));
  request = octet();
  request.options.windowsize = 4;
  EXPECT_EQ(granted(negotiate(request, {}), 99), (tftp::Options{.windowsize = 4}));
}

TEST(TftpTerms, BlockSizeIsCappedAndBelowEightLeftOut) {
  const auto blksize = [](std::uint64_t asked, std::uint16_t most) {
    tftp::Request request = octet();
    request.options.blksize = asked;
    return granted(negotiate(request, {.block_size_max = most}), 0).blksize;
  };
  EXPECT_EQ(blksize(8, 65'464), 8U);
  EXPECT_EQ(blksize(7, 65'464), std::nullopt);
  EXPECT_EQ(blksize(0, 65'464), std::nullopt);
  EXPECT_EQ(blksize(65'464, 65'464), 65'464U);
  EXPECT_EQ(blksize(4'000'000'000, 65'464), 65'464U);
  EXPECT_EQ(blksize(1468, 1024), 1024U);
}

TEST(TftpTerms, WindowIsCappedNeverRefused) {
  const auto windowsize = [](std::uint64_t asked, std::uint16_t most) {
    tftp::Request request = octet();
    request.options.windowsize = asked;
    return granted(negotiate(request, {.window_max = most}), 0).windowsize;
  };
  EXPECT_EQ(windowsize(4, 64), 4U);
  EXPECT_EQ(windowsize(65'535, 64), 64U);
  EXPECT_EQ(windowsize(65'535, 65'535), tftp::kUnwrapWindowBlocksMax);
  EXPECT_EQ(windowsize(65'536, 64), std::nullopt);
  EXPECT_EQ(windowsize(0, 64), std::nullopt);
  EXPECT_EQ(windowsize(9, 0), 1U);
}

TEST(TftpTerms, TimeoutIsEchoedExactlyAndSetsTheFirstWait) {
  tftp::Request request = octet();
  request.options.timeout = 5;
  const Terms terms = negotiate(request, {});
  EXPECT_EQ(granted(terms, 0), (tftp::Options{.timeout = 5}));
  EXPECT_EQ(terms.first_wait(), std::chrono::seconds(5));
  for (const std::uint64_t outside : {0ULL, 256ULL, 1ULL << 40U}) {
    request.options.timeout = outside;
    EXPECT_FALSE(negotiate(request, {}).any()) << outside;
  }
}

TEST(TftpTerms, UtimeoutIsEchoedExactlyAndSetsTheFirstWait) {
  tftp::Request request = octet();
  request.options.utimeout = 250'000;
  EXPECT_EQ(granted(negotiate(request, {}), 0), (tftp::Options{.utimeout = 250'000}));
  EXPECT_EQ(negotiate(request, {}).first_wait(), std::chrono::milliseconds(250));
  request.options.utimeout = 9'999;
  EXPECT_FALSE(negotiate(request, {}).any());
}

TEST(TftpTerms, RolloverZeroOrOneIsGrantedOthersAreNot) {
  tftp::Request request = octet();
  request.options.rollover = 1;
  EXPECT_EQ(negotiate(request, {}).rollover, tftp::Rollover::kToOne);
  EXPECT_EQ(granted(negotiate(request, {}), 0), (tftp::Options{.rollover = 1}));
  request.options.rollover = 2;
  EXPECT_FALSE(negotiate(request, {}).any());
}

TEST(TftpTerms, NetasciiHasNoSizeAndBlocksThatFitASlot) {
  tftp::Request request = octet();
  request.mode = tftp::Mode::kNetascii;
  request.options.tsize = 0;
  request.options.blksize = 8'192;
  EXPECT_EQ(granted(negotiate(request, {}), 9), (tftp::Options{.blksize = kNetasciiBlockMax}));
}

TEST(TftpTerms, MulticastIsNotOffered) {
  tftp::Request request = octet();
  request.options.multicast = "";
  EXPECT_FALSE(negotiate(request, {}).any());
}

TEST(Terms, AnOptionTheOperatorRefusesIsAsIfItHadNotBeenAskedFor) {
  tftp::Options asked{.blksize = 1'468, .tsize = 0, .windowsize = 4};
  drop_options(asked, std::vector<std::string>{"blksize", "nothing", "windowsize"});
  EXPECT_FALSE(asked.blksize);
  EXPECT_FALSE(asked.windowsize);
  EXPECT_EQ(asked.tsize, 0U);
}

TEST(Terms, TheFirstWaitIsTheClientsThenTheOperators) {
  tftp::Request request;
  EXPECT_EQ(negotiate(request, {.first_wait_us = 250'000}).first_wait(), std::chrono::milliseconds(250));
  request.options.timeout = 3;
  EXPECT_EQ(negotiate(request, {.first_wait_us = 250'000}).first_wait(), std::chrono::seconds(3));
}

}  // namespace
}  // namespace rackcast::engine::tftpd
