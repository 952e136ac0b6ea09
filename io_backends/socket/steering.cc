#include "io_backends/socket/steering.h"

#include <linux/filter.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

#include "core/errno_text.h"

namespace rackcast::io {
namespace {

// A 32-bit finaliser: every input bit reaches the low bits, which alone the modulo of a small lane count looks at.
constexpr std::uint32_t kMul1 = 0x85EB'CA6BU;
constexpr std::uint32_t kMul2 = 0xC2B2'AE35U;
constexpr std::uint32_t kFold = 0x9E37'79B1U;  // folds the four words of an IPv6 address into one

constexpr std::uint32_t kSourceOffset4 = 12;  // from the start of the IPv4 header
constexpr std::uint32_t kSourceOffset6 = 8;   // from the start of the IPv6 header

std::uint32_t mix(std::uint32_t a) {
  a ^= a >> 16U;
  a *= kMul1;
  a ^= a >> 13U;
  a *= kMul2;
  a ^= a >> 16U;
  return a;
}

std::uint32_t word(std::span<const std::uint8_t> octets, std::size_t index) {
  const auto o = octets.subspan(index * 4, 4);
  return (std::uint32_t{o[0]} << 24U) | (std::uint32_t{o[1]} << 16U) | (std::uint32_t{o[2]} << 8U) | o[3];
}

class Program {
 public:
  void op(unsigned code, std::uint32_t k = 0) { code_.push_back({static_cast<std::uint16_t>(code), 0, 0, k}); }
  void load_network_word(std::uint32_t offset) {
    op(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_NET_OFF) + offset);
  }
  void xor_shifted(std::uint32_t bits) {  // A ^= A >> bits
    op(BPF_MISC | BPF_TAX);
    op(BPF_ALU | BPF_RSH | BPF_K, bits);
    op(BPF_ALU | BPF_XOR | BPF_X);
  }
  void mix_and_return(std::uint32_t lanes) {
    xor_shifted(16);
    op(BPF_ALU | BPF_MUL | BPF_K, kMul1);
    xor_shifted(13);
    op(BPF_ALU | BPF_MUL | BPF_K, kMul2);
    xor_shifted(16);
    op(BPF_ALU | BPF_MOD | BPF_K, lanes);
    op(BPF_RET | BPF_A);
  }
  std::vector<sock_filter>& code() { return code_; }

 private:
  std::vector<sock_filter> code_;
};

Program make_program(bool ipv6, std::uint32_t lanes) {
  Program program;
  if (!ipv6) {
    program.load_network_word(kSourceOffset4);
  } else {
    program.load_network_word(kSourceOffset6);
    for (std::uint32_t i = 1; i < 4; ++i) {
      program.op(BPF_ALU | BPF_MUL | BPF_K, kFold);
      program.op(BPF_ST, 0);  // scratch word 0
      program.load_network_word(kSourceOffset6 + 4 * i);
      program.op(BPF_LDX | BPF_MEM, 0);
      program.op(BPF_ALU | BPF_XOR | BPF_X);
    }
  }
  program.mix_and_return(lanes);
  return program;
}

}  // namespace

std::uint32_t lane_of_source(const net::IpAddress& source, std::uint32_t lanes) {
  const auto octets = source.octets();
  std::uint32_t a = word(octets, 0);
  for (std::size_t i = 1; i < octets.size() / 4; ++i) a = (a * kFold) ^ word(octets, i);
  return mix(a) % lanes;
}

Result<void> attach_source_steering(int socket, bool ipv6, std::uint32_t lanes) {
  Program program = make_program(ipv6, lanes);
  sock_fprog attached{static_cast<unsigned short>(program.code().size()), program.code().data()};
  if (::setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &attached, sizeof(attached)) != 0) {
    return fail(std::string("cannot steer requests to lanes by source address (SO_ATTACH_REUSEPORT_CBPF): ") +
                errno_text(errno) + "; use one core");
  }
  return {};
}

}  // namespace rackcast::io
