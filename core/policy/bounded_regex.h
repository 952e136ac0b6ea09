// POSIX extended regular expressions that match in bounded memory and time, for `~=` and `~~`. The C library's regexec
// allocates while it matches and may take time exponential in the text, which a client chooses; this one runs all
// alternatives at once (a set of states per octet), in memory that is on the stack, in at most kStatesMax steps an
// octet. Only whether it matches is asked, never where. Octets, not characters. Back-references are refused.
//
//   . [abc] [^a-z[:digit:]] \x * + ? {m,n} ( ) | ^ $
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace rackcast {

class BoundedRegex {
 public:
  static constexpr std::size_t kStatesMax = 512;
  static constexpr std::size_t kNestingMax = 32;

  enum class Case : std::uint8_t { kMatters, kIgnored };
  // Allocates; the error says what is wrong in one sentence.
  [[nodiscard]] static Result<std::shared_ptr<const BoundedRegex>> compile(std::string_view pattern, Case letters);
  // Whether any part of `text` matches. Allocates nothing.
  [[nodiscard]] bool matches(std::span<const std::byte> text) const;

 private:
  friend class RegexCompiler;
  enum class StateKind : std::uint8_t { kSet, kSplit, kStart, kEnd, kAccept };
  struct State {
    StateKind kind = StateKind::kAccept;
    std::uint16_t set = 0;  // of kSet, in sets_
    std::uint16_t next = 0;
    std::uint16_t other = 0;  // of kSplit
  };
  class Run;

  std::vector<State> states_;
  std::vector<std::bitset<256>> sets_;
  std::uint16_t first_ = 0;
};

}  // namespace rackcast
