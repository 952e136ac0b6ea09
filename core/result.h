// Results of set-up and control code: a value, or one sentence an operator can act on ("what, where, what to do").
// The data path uses enums and counters instead.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace rackcast {

struct Error {
  std::string message;  // one line, no trailing full stop needed, names the file/address/interface concerned
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::make_unexpected(Error{std::move(message)});
}

}  // namespace rackcast
