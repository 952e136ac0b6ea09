// A small file as other programs write them: big-endian or little-endian, microseconds, with blocks we do not know.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace rackcast::pcapng::test {

class FileBuilder {
 public:
  explicit FileBuilder(bool little) : little_(little) {}

  FileBuilder& u16(unsigned value) { return number(value, 2); }
  FileBuilder& u32(unsigned long value) { return number(value, 4); }
  FileBuilder& raw(std::string_view bytes) {
    body_ += bytes;
    return *this;
  }
  FileBuilder& option(unsigned code, std::string_view value) {
    u16(code).u16(static_cast<unsigned>(value.size())).raw(value);
    return raw(std::string((4 - value.size() % 4) % 4, '\0'));
  }
  // Closes what was written since the last block as the body of one.
  FileBuilder& block(unsigned long type) {
    const std::string body = std::exchange(body_, {});
    u32(type).u32(body.size() + 12).raw(body).u32(body.size() + 12);
    file_ += std::exchange(body_, {});
    return *this;
  }
  FileBuilder& section() { return u32(0x1A2B3C4D).u16(1).u16(0).u32(0xFFFFFFFF).u32(0xFFFFFFFF).block(0x0A0D0D0A); }
  FileBuilder& packet_head(unsigned interface, unsigned long long stamp, unsigned size) {
    return u32(interface).u32(stamp >> 32U).u32(stamp & 0xFFFFFFFFU).u32(size).u32(size);
  }
  [[nodiscard]] std::string file() const { return file_; }

 private:
  FileBuilder& number(unsigned long value, unsigned size) {
    for (unsigned i = 0; i < size; ++i)
      body_ += static_cast<char>((value >> (8U * (little_ ? i : size - 1 - i))) & 0xFFU);
    return *this;
  }

  bool little_;
  std::string body_;
  std::string file_;
};

}  // namespace rackcast::pcapng::test
