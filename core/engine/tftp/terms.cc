#include "core/engine/tftp/terms.h"

#include <algorithm>

#include "proto/tftp/option_table.h"

namespace rackcast::engine::tftpd {
namespace {

constexpr std::uint64_t kWindowAskedMax = 65'535;  // RFC 7440 section 3
constexpr std::uint64_t kTimeoutSecondsMax = 255;  // RFC 2349 section 2
constexpr std::uint32_t kMicrosecondsPerSecond = 1'000'000;

void negotiate_sizes(const tftp::Options& asked, const TermLimits& limits, Terms& terms) {
  const bool netascii = terms.mode == tftp::Mode::kNetascii;
  if (asked.blksize && *asked.blksize >= tftp::kBlockSizeMin) {
    const std::uint64_t most = netascii ? std::min(limits.block_size_max, kNetasciiBlockMax) : limits.block_size_max;
    terms.blksize = true;
    terms.block_size = static_cast<std::uint16_t>(std::min(*asked.blksize, most));
  }
  if (asked.windowsize && *asked.windowsize >= tftp::kWindowSizeMin && *asked.windowsize <= kWindowAskedMax) {
    // Beyond half a period of block numbers an ACK would be ambiguous.
    const std::uint64_t most = std::min<std::uint64_t>(limits.window_max, tftp::kUnwrapWindowBlocksMax);
    terms.windowsize = true;
    terms.window =
        static_cast<std::uint16_t>(std::clamp<std::uint64_t>(*asked.windowsize, 1, std::max<std::uint64_t>(most, 1)));
  }
  // The size after translation is not known beforehand.
  terms.tsize = asked.tsize.has_value() && !netascii;
}

void negotiate_timing(const tftp::Options& asked, Terms& terms) {
  if (asked.timeout && *asked.timeout >= tftp::kTimeoutSecondsMin && *asked.timeout <= kTimeoutSecondsMax) {
    terms.timeout = true;
    terms.timeout_seconds = static_cast<std::uint8_t>(*asked.timeout);
    terms.timeout_us = terms.timeout_seconds * kMicrosecondsPerSecond;
  }
  if (asked.utimeout && *asked.utimeout >= tftp::kUtimeoutMin && *asked.utimeout <= tftp::kUtimeoutMax) {
    terms.utimeout = true;
    terms.timeout_us = static_cast<std::uint32_t>(*asked.utimeout);
  }
}

}  // namespace

void drop_options(tftp::Options& asked, std::span<const std::string> unwanted) {
  for (const std::string& name : unwanted) {
    for (const tftp::NumericOption& option : tftp::kNumericOptions)
      if (option.name == name) asked.*option.value = std::nullopt;
  }
}

Terms negotiate(const tftp::Request& request, const TermLimits& limits) {
  Terms terms;
  terms.mode = request.mode;
  terms.timeout_us = limits.first_wait_us;
  terms.rollover = limits.rollover;
  negotiate_sizes(request.options, limits, terms);
  negotiate_timing(request.options, terms);
  if (request.options.rollover && *request.options.rollover <= 1) {
    terms.rollover_asked = true;
    terms.rollover = *request.options.rollover == 0 ? tftp::Rollover::kToZero : tftp::Rollover::kToOne;
  }
  return terms;
}

tftp::Options granted(const Terms& terms, std::uint64_t size_bytes) {
  tftp::Options options;
  if (terms.blksize) options.blksize = terms.block_size;
  if (terms.tsize) options.tsize = size_bytes;
  if (terms.windowsize) options.windowsize = terms.window;
  if (terms.timeout) options.timeout = terms.timeout_seconds;
  if (terms.utimeout) options.utimeout = terms.timeout_us;
  if (terms.rollover_asked) options.rollover = terms.rollover == tftp::Rollover::kToOne ? 1 : 0;
  return options;
}

}  // namespace rackcast::engine::tftpd
