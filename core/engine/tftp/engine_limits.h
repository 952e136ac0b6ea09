// Times and counts of the TFTP engine, in one place because they depend on each other.
#pragma once

#include <cstdint>

#include "core/engine/tftp/terms.h"
#include "core/time.h"

namespace rackcast::engine::tftpd {

// A client that waits for its turn and was not heard this long has gone: clients repeat an ACK within 16 s, and GRUB,
// which never does, waits 32.
inline constexpr Duration kTurnPatience = std::chrono::seconds(32);
// Of the sources that wait, asked about in one go.
inline constexpr std::size_t kTurnsGivenMax = 256;
// Of one source, so many wait: more than machines behind one router as a rule, few beside transfers_max. Others clients
// have to ask anew.
inline constexpr std::uint32_t kTurnsPerSourceMax = 64;
// Whether another lane has left a place to who waits longest. Each look is one question.
inline constexpr Duration kTurnsLook = std::chrono::milliseconds(20);

// Names that one request is looked for under: its machine's folder's, its own, other_names.h's, or as many as E rules
// of a map file make.
inline constexpr std::uint8_t kNamesMax = 8;

// Coarse on purpose: a timer is looked at about once per wait, never per block.
inline constexpr Duration kTimerTick = std::chrono::milliseconds(10);

// Retransmissions to a peer that answered before: waits of 1 2 4 8 16 16 s outlast EDK2 (6 x 4 s) and iPXE (16 s).
inline constexpr std::uint8_t kRetransmitsMax = 5;
inline constexpr Duration kRetransmitWaitMax =
    std::chrono::seconds(16);  // unless the client asked for a longer first wait

// A peer that answers, but never gets further.
inline constexpr Duration kStallMax = std::chrono::minutes(5);

// A peer that never answered may be forged: so few answers that we are no amplifier, to a transfer and to an address
// and port (answer_budget.h). One answer is DATA 1 without options, or shorter.
inline constexpr std::uint8_t kAnswersUnconfirmedMax = 3;
inline constexpr std::size_t kAnswerBytesUnconfirmedMax = 2'048;
static_assert(kAnswersUnconfirmedMax * (tftp::kBlockSizeDefault + tftp::kDataHeaderBytes) <=
              kAnswerBytesUnconfirmedMax);
// To all ports of such an address together, in kUnconfirmedHold: so many machines behind one router can start before
// any of them has answered, and so many answers can be lost to them. For the owner of a forged address the two are
// about 50 KB, 1.7 KB a second.
inline constexpr std::uint8_t kFirstAnswersMax = 64;
inline constexpr std::uint8_t kRepeatedAnswersMax = 32;
// An address that answered in another transfer is there, so a network that loses much gets more copies to it.
inline constexpr std::uint8_t kAnswersKnownMax = 8;
inline constexpr Duration kKnownFor = std::chrono::minutes(5);
// ... and its transfer is kept in silence for this long, since clients repeat their ACK (EDK2 after 4 s, iPXE up to 16
// s).
inline constexpr Duration kUnconfirmedHold = std::chrono::seconds(30);
// A repeated request is answered again, but not its duplicate made by the network. iPXE repeats after 250 ms.
inline constexpr Duration kRepeatSpacing = std::chrono::milliseconds(200);
// Who is not answered because its address had its answers is looked at again after this, and ever later: many machines
// behind one address ask at once, and the first that answers speaks for all.
inline constexpr Duration kHeldBackLook = std::chrono::milliseconds(10);
inline constexpr unsigned kHeldBackDoublingsMax = 8;

// After going back to a gap the client is known to be there; a second gap in the resent part is found by this timer,
// since its ACK cannot be told from echoes of the first.
inline constexpr Duration kGapWait = std::chrono::milliseconds(100);

// An ACK may come this part of the shortest round trip sooner than that, and still be an answer. Little: the shortest
// is that of the OACK as a rule, and no report of a gap, behind two DATA at least, is as fast.
inline constexpr std::int64_t kRoundTripSlack = 32;

// How long the key of an ended transfer is not reused.
inline constexpr Duration kLinger = std::chrono::seconds(3);

// A cold 2 GiB image from a slow disk; clients that are patient enough get it.
inline constexpr Duration kImageWait = std::chrono::seconds(60);
// Asked again after this, in case the answer was lost on a full mailbox.
inline constexpr Duration kImageAskAgain = std::chrono::seconds(5);
// ... and after this when the store had no room for a piece: others need theirs for as long as they send it.
inline constexpr Duration kBusyAskAgain = std::chrono::milliseconds(250);
// A path is asked for again when the epoch moved while it was resolved; under a storm of changes, not for ever.
inline constexpr std::uint8_t kLoadTriesMax = 3;

// A piece's ticket: this many bits name the transfer, the rest its use (Transfer::serial).
inline constexpr unsigned kTicketTransferBits = 24;

// Bursts of a window that is sent in parts start on ticks of this length, and at least kPauseMin after the part before:
// shorter than the tick, so that one that started a little late does not miss the next. 100 Mbit/s carry 8 blocks of
// 1468 bytes in a tick, which is what a weak card's ring holds.
inline constexpr Duration kPaceTick = std::chrono::milliseconds(1);
inline constexpr Duration kPauseMin = kPaceTick / 2;

// Blocks of a burst under caps.
inline constexpr std::uint64_t kPacedBurstMax = 8;
// Nobody gets less, whatever the caps: librepo and firmware give up below 1000 B/s. What is aimed at leaves room for
// ticks and round trips.
inline constexpr std::uint64_t kFloorBytesPerSecond = 1'000;
inline constexpr std::uint64_t kFloorAim = kFloorBytesPerSecond * 11 / 10;
inline constexpr Duration kFloorSpacingMax = std::chrono::seconds(1);
// Machines whose rate is kept, per lane.
inline constexpr std::size_t kRateMachinesMax = 16'384;

inline constexpr Duration kSlotRetry = std::chrono::milliseconds(1);
inline constexpr Duration kSweepEvery = std::chrono::seconds(1);

// A stopping server waits so long for a peer that is silent: a resent block (1 s) and its ACK fit in. Whoever moves on
// has the lane's grace.
inline constexpr Duration kStopSilenceMax = std::chrono::milliseconds(1'500);

// Progress events: at most this often, and not for less than a twentieth of the file.
inline constexpr Duration kProgressEvery = std::chrono::milliseconds(500);
inline constexpr std::uint64_t kProgressParts = 20;
// "The table is full" is said at most this often.
inline constexpr Duration kWarnEvery = std::chrono::seconds(10);

// Uploads: ACKs are held back by milliseconds, so their timers are finer.
inline constexpr Duration kUploadTimerTick = std::chrono::milliseconds(1);
// How long the last ACK is repeated: the longest first wait of common senders is 5 s (tftp-hpa, atftp).
inline constexpr Duration kUploadDally = std::chrono::seconds(10);
// A running upload is given up for a new request of its peer only when it did not move this long.
inline constexpr Duration kUploadSupersede = std::chrono::seconds(5);
// Of one address at once: no machine takes all places of a lane, and installers send their logs one after the other.
inline constexpr std::size_t kUploadsPerSourceMax = 8;
// A client that is silent for so long gives its place away, when all are taken and another wants one.
inline constexpr Duration kUploadGivesWay = std::chrono::seconds(5);
// The upload store's queue was full.
inline constexpr Duration kUploadStoreRetry = std::chrono::milliseconds(5);

}  // namespace rackcast::engine::tftpd
