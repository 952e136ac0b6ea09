// Why a datagram is no TFTP packet, as it is counted besides Counter::kGarbage. Pure.
#pragma once

#include "core/engine/tftp/counters.h"
#include "proto/tftp/packet.h"

namespace rackcast::engine::tftpd {

[[nodiscard]] constexpr Counter garbage_counter(tftp::RejectReason reason) {
  switch (reason) {
    case tftp::RejectReason::kTooShort:
      return Counter::kGarbageCutShort;
    case tftp::RejectReason::kRequestTooLong:
    case tftp::RejectReason::kDataTooLong:
      return Counter::kGarbageTooLong;
    case tftp::RejectReason::kFilenameUnterminated:
    case tftp::RejectReason::kFilenameEmpty:
      return Counter::kGarbageName;
    case tftp::RejectReason::kModeUnterminated:
    case tftp::RejectReason::kModeUnknown:
      return Counter::kGarbageMode;
    case tftp::RejectReason::kOptionUnterminated:
    case tftp::RejectReason::kOptionNameEmpty:
    case tftp::RejectReason::kTooManyOptions:
      return Counter::kGarbageOptions;
    case tftp::RejectReason::kUnknownOpcode:
    case tftp::RejectReason::kUnexpectedOpcode:
    case tftp::RejectReason::kCount_:
      break;
  }
  return Counter::kGarbageOpcode;
}

}  // namespace rackcast::engine::tftpd
