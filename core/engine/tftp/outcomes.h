// How requests are refused and transfers end, as two tables: enum, wire code and text, counter.
#pragma once

#include <array>
#include <string_view>

#include "core/engine/tftp/counters.h"
#include "proto/tftp/packet.h"

namespace rackcast::engine::tftpd {

// ERROR packets we send.
enum class Refusal : std::uint8_t {
  kNotFound,
  kPathRejected,
  kNameRefused,
  kLinkRefused,
  kWrite,
  kModeUnknown,
  kModeMail,
  kReadFailed,
  kImageLate,
  kImageChanged,
  kStoreBusy,
  kPinsFull,
  kNetasciiTooLarge,
  kUnknownTid,
  kUploadName,
  kUploadTooLarge,
  kUploadDiskFull,
  kUploadNamesTaken,
  kUploadFailed,
  kUploadBlockTooLong,
  kUploadStopped,
  kCount_,
};

struct RefusalInfo {
  Refusal refusal;
  tftp::ErrorCode code;
  std::string_view text;  // sent to the client
  Counter counter;
};

// A name that is rejected or a link that leaves the root reads as "not found": clients that probe take code 1 in their
// stride, and the server tells a stranger nothing about its disk.
inline constexpr std::array<RefusalInfo, static_cast<std::size_t>(Refusal::kCount_)> kRefusalTable{{
    {Refusal::kNotFound, tftp::ErrorCode::kFileNotFound, "file not found", Counter::kNotFound},
    {Refusal::kPathRejected, tftp::ErrorCode::kFileNotFound, "file not found", Counter::kPathRejected},
    {Refusal::kNameRefused, tftp::ErrorCode::kAccessViolation, "access denied", Counter::kNameRefused},
    {Refusal::kLinkRefused, tftp::ErrorCode::kFileNotFound, "file not found", Counter::kLinkRefused},
    {Refusal::kWrite, tftp::ErrorCode::kAccessViolation, "this server does not accept files", Counter::kWriteRefused},
    {Refusal::kModeUnknown, tftp::ErrorCode::kIllegalOperation, "unknown transfer mode", Counter::kModeRefused},
    {Refusal::kModeMail, tftp::ErrorCode::kIllegalOperation, "mail mode is obsolete", Counter::kModeRefused},
    {Refusal::kReadFailed, tftp::ErrorCode::kUndefined, "the server could not read the file", Counter::kReadFailed},
    {Refusal::kImageLate, tftp::ErrorCode::kUndefined, "the server's disk is too slow", Counter::kImageTimeout},
    {Refusal::kImageChanged, tftp::ErrorCode::kUndefined, "the file changed while it was sent", Counter::kImageChanged},
    {Refusal::kStoreBusy, tftp::ErrorCode::kUndefined, "the server is too busy, try again", Counter::kBusyTimeout},
    {Refusal::kPinsFull, tftp::ErrorCode::kUndefined, "the server has too many files in use", Counter::kPinsFull},
    {Refusal::kNetasciiTooLarge, tftp::ErrorCode::kUndefined, "file too large for netascii, use octet",
     Counter::kModeRefused},
    {Refusal::kUnknownTid, tftp::ErrorCode::kUnknownTid, "unknown transfer", Counter::kUnknownTid},
    {Refusal::kUploadName, tftp::ErrorCode::kAccessViolation, "file name not accepted", Counter::kUploadNameRefused},
    {Refusal::kUploadTooLarge, tftp::ErrorCode::kDiskFull, "file too large", Counter::kUploadTooLarge},
    {Refusal::kUploadDiskFull, tftp::ErrorCode::kDiskFull, "disk full", Counter::kUploadDiskFull},
    {Refusal::kUploadNamesTaken, tftp::ErrorCode::kFileExists, "file exists", Counter::kUploadNamesTaken},
    {Refusal::kUploadFailed, tftp::ErrorCode::kUndefined, "the server could not write the file",
     Counter::kUploadFailed},
    {Refusal::kUploadBlockTooLong, tftp::ErrorCode::kIllegalOperation, "block longer than agreed",
     Counter::kUploadBlockTooLong},
    {Refusal::kUploadStopped, tftp::ErrorCode::kUndefined, "the server is stopping", Counter::kUploadStopped},
}};
[[nodiscard]] constexpr const RefusalInfo& info(Refusal refusal) {
  return kRefusalTable[static_cast<std::size_t>(refusal)];
}

enum class End : std::uint8_t {
  kDone,
  kDoneUnconfirmed,
  kSizeProbe,
  kPeerError,
  kOptionsRefusedByPeer,
  kPeerSilent,
  kNeverAnswered,
  kSuperseded,
  kEvicted,
  kGuessedTid,
  kStopped,
  kRefused,      // an ERROR went out; counted and worded by its Refusal
  kNotAdmitted,  // in silence; counted and worded by core/admission
  kTurnGivenUp,
  kTurnsTaken,
  kNotLookedFor,  // in silence; counted by what there was no room in
  kHeldBack,      // in silence; counted when it was
  kCount_,
};

struct EndInfo {
  End end;
  std::string_view text;  // the event's detail; "" for none
  Counter counter;        // kCount_: counted elsewhere
};

inline constexpr std::array<EndInfo, static_cast<std::size_t>(End::kCount_)> kEndTable{{
    {End::kDone, "", Counter::kDone},
    {End::kDoneUnconfirmed, "the last ACK never came", Counter::kDoneUnconfirmed},
    {End::kSizeProbe, "", Counter::kSizeProbes},
    {End::kPeerError, "the client ended it", Counter::kPeerError},
    {End::kOptionsRefusedByPeer, "the client refused the options", Counter::kOptionsRefusedByPeer},
    {End::kPeerSilent, "the client stopped answering", Counter::kPeerSilent},
    {End::kNeverAnswered, "the client never answered", Counter::kNeverAnswered},
    {End::kSuperseded, "the client asked anew", Counter::kSuperseded},
    {End::kEvicted, "the transfer table was full", Counter::kEvictedUnconfirmed},
    {End::kGuessedTid, "answered at a port that was never its own", Counter::kGuessedTid},
    {End::kStopped, "the server stopped before it began", Counter::kDroppedStopping},
    {End::kRefused, "", Counter::kCount_},
    {End::kNotAdmitted, "", Counter::kCount_},
    {End::kTurnGivenUp, "the client went away before its turn", Counter::kTurnsGivenUp},
    {End::kTurnsTaken, "its address has as many waiting as it may", Counter::kTurnsTaken},
    {End::kNotLookedFor, "", Counter::kCount_},
    {End::kHeldBack, "", Counter::kCount_},
}};
[[nodiscard]] constexpr const EndInfo& info(End end) {
  return kEndTable[static_cast<std::size_t>(end)];
}

}  // namespace rackcast::engine::tftpd
