// Options of a space as the value of another option: outcome.h.
#include <algorithm>

#include "core/policy/outcome.h"

namespace rackcast {
namespace {

constexpr std::size_t kEncapsulationDepthMax = 4;

class Encapsulation {
 public:
  Encapsulation(const OptionCatalog& catalog, const Outcome& outcome, std::span<std::byte> out)
      : catalog_(catalog), outcome_(outcome), out_(out) {}

  std::size_t write(std::uint16_t space, std::size_t at, std::size_t depth) {
    for (const Outcome::Value& value : outcome_.options()) {
      if (value.key.space == space) at = write_item(space, value, at);
    }
    if (depth < kEncapsulationDepthMax) {
      for (const OptionDefinition& definition : catalog_.defined()) {
        if (definition.key.space == space && definition.encapsulated > kAgentSpace && definition.encapsulated != space)
          at = write_inner(definition, at, depth);
      }
    }
    return at;
  }

 private:
  // The space's options inside one of another space's; nothing where that one has a value of its own.
  std::size_t write_inner(const OptionDefinition& definition, std::size_t at, std::size_t depth) {
    const OptionSpace& outer = catalog_.space(definition.key.space);
    const std::size_t header = std::size_t{outer.code_bytes} + outer.length_bytes;
    if (outcome_.option(definition.key) || header > out_.size() - at) return at;
    const std::size_t end = write(definition.encapsulated, at + header, depth + 1);
    const std::size_t size = end - at - header;
    if (size == 0 || !length_fits(outer, size)) return at;
    put(at, definition.key.code, outer.code_bytes);
    put(at + outer.code_bytes, static_cast<std::uint32_t>(size), outer.length_bytes);
    return end;
  }

  std::size_t write_item(std::uint16_t number, const Outcome::Value& value, std::size_t at) {
    const OptionSpace& space = catalog_.space(number);
    const std::size_t header = std::size_t{space.code_bytes} + space.length_bytes;
    if (header + value.bytes.size() > out_.size() - at || !length_fits(space, value.bytes.size())) return at;
    put(at, value.key.code, space.code_bytes);
    put(at + space.code_bytes, static_cast<std::uint32_t>(value.bytes.size()), space.length_bytes);
    std::copy(value.bytes.begin(), value.bytes.end(), out_.begin() + static_cast<std::ptrdiff_t>(at + header));
    return at + header + value.bytes.size();
  }

  static bool length_fits(const OptionSpace& space, std::size_t length) {
    return space.length_bytes == 0 || length < std::size_t{1} << (8U * space.length_bytes);
  }

  void put(std::size_t at, std::uint32_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i)
      out_[at + i] = static_cast<std::byte>(value >> (8U * (width - 1 - i)) & 0xFFU);
  }

  const OptionCatalog& catalog_;
  const Outcome& outcome_;
  std::span<std::byte> out_;
};

}  // namespace

std::span<const std::byte> encapsulate(const OptionCatalog& catalog, std::uint16_t space, const Outcome& outcome,
                                       std::span<std::byte> out) {
  if (space >= catalog.spaces()) return {};
  return out.first(Encapsulation(catalog, outcome, out).write(space, 0, 0));
}

}  // namespace rackcast
