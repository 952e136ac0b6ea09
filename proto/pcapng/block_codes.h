// Numbers of the format that reader and writer share. Private to proto/pcapng.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rackcast::pcapng {

inline constexpr std::uint32_t kSectionHeader = 0x0A0D'0D0A;  // the same in both byte orders
inline constexpr std::uint32_t kInterfaceDescription = 1;
inline constexpr std::uint32_t kEnhancedPacket = 6;

inline constexpr std::uint32_t kByteOrderMagic = 0x1A2B'3C4D;
inline constexpr std::uint16_t kVersionMajor = 1;

// Type and two lengths around every body.
inline constexpr std::uint32_t kBlockBytesMin = 12;
inline constexpr std::size_t kBlockHeaderBytes = 8;
inline constexpr std::size_t kBlockTrailerBytes = 4;

inline constexpr std::uint16_t kEndOfOptions = 0;
inline constexpr std::uint16_t kUserApplication = 4;  // shb_userappl
inline constexpr std::uint16_t kInterfaceName = 2;
inline constexpr std::uint16_t kInterfaceIpv4 = 4;
inline constexpr std::uint16_t kInterfaceMac = 6;
inline constexpr std::uint16_t kTimeResolution = 9;
inline constexpr std::uint16_t kTimeOffset = 14;
inline constexpr std::uint16_t kPacketFlags = 2;
inline constexpr std::uint16_t kPacketQueue = 6;

[[nodiscard]] constexpr std::size_t padding_of(std::size_t bytes) {
  return (4 - bytes % 4) % 4;
}

}  // namespace rackcast::pcapng
