// Decides whether a machine may start one more transfer now: xinetd's instances, per_source, cps, only_from, no_access
// and access_times for one service (design §6). One object per service and lane or thread; sources are steered to lanes
// by address, so what is counted per source needs no lock, and what is counted per service is in ServiceTotals.
//
// Words. An *instance* is one running transfer, from an admitted ask() to release(). A *connection* is the first
// admitted request of a source that had no running instance and was idle for kConnectionIdle: a machine's whole walk
// through its boot files is one, whatever their number. Requests that are answered "not found", repeated ones and those
// refused by the protocol never reach ask(); a size probe is taken back by undo(). cps, and access_times, judge
// connections: a machine that is in the middle of its boot goes on, as a running server does under xinetd.
//
// Policies.
//   kXinetd  Order and arithmetic are xinetd's, and a refusal is final: cps (each attempt of an idle source counts,
//            refused ones too; too many switch the service off for a while), access_times, instances, per_source, and
//            then the address. One order for what TFTP asks and for TCP connections, which have no instance to judge
//            yet. After a deactivation xinetd counts instances from zero again (xinetd#21): so does this, on purpose,
//            since the policy's promise is "as before"; kQueue counts right.
//   kQueue   Only address and time refuse. The limits delay: kWait names the earliest time to ask again. cps lets RATE
//            connections start in a second and never switches the service off.
//
// Thread: the owner's. Allocation: none after construction. Bounds: `sources_max` sources; idle ones are forgotten, the
// longest idle first, and when all are busy a stranger is refused (kSourcesFull) under either policy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/admission/counters.h"
#include "core/admission/local_time.h"
#include "core/admission/reason.h"
#include "core/admission/service_totals.h"
#include "core/admission/source_table.h"
#include "core/config/config.h"
#include "core/time.h"
#include "proto/net/address.h"

namespace rackcast {

// A source that asked for nothing this long begins a new connection. Longer than any pause of a boot loader between two
// files, shorter than a machine's way through its firmware after a reset.
inline constexpr Duration kConnectionIdle = std::chrono::seconds(10);
// When a place will be free is not known: ask again this often. Well below the first retry of TFTP clients (1 s);
// 5 000 waiting machines are 20 000 short calls a second.
inline constexpr Duration kQueueAskAgain = std::chrono::milliseconds(250);

struct AdmissionVerdict {
  enum class Kind : std::uint8_t { kAdmitted, kRefused, kWait };
  Kind kind = Kind::kAdmitted;
  AdmissionReason reason = AdmissionReason::kCount_;  // kRefused, kWait
  MonotonicTime ask_again_at;                         // kWait: not sooner
};

class SourceLimiter {
 public:
  struct Setup {
    ServiceTotals* totals = nullptr;  // outlives this
    std::size_t sources_max = 65'536;
    std::uint64_t seed = 0;                      // secret, for the table of sources
    const LocalTime* local_time = nullptr;       // null: system_local_time()
    Duration connection_idle = kConnectionIdle;  // zero: every request is a connection, as for xinetd itself
  };
  explicit SourceLimiter(const Setup& setup);

  // May this source start one more instance? kAdmitted: it counts as running until release() or undo(). `since`: when
  // it began to wait, which is now for a newcomer; who has waited longer for a limit of the whole service, in any lane,
  // goes first. Its default is for owners whose instances do not wait in order.
  [[nodiscard]] AdmissionVerdict ask(const Now& now, const net::IpAddress& source, const AdmissionConfig& config,
                                     MonotonicTime since = MonotonicTime::min());
  // What the owner's longest waiting instance waits for (AdmissionVerdict::reason), so that nobody else takes it. It is
  // to ask again soon, or to say that it does not wait any more.
  void waits(AdmissionReason reason, MonotonicTime since);
  void waits_no_longer() { seat_.waits_no_longer(); }
  // The instance ended.
  void release(const Now& now, const net::IpAddress& source);
  // It was none after all (EDK2's size probe): as if it had not been asked for. Before other instances of this source
  // are released. A cps window that began with it keeps its begin.
  void undo(const Now& now, const net::IpAddress& source);

  // Whether this source may come now at all: for TCP connections, which are accepted before they ask for anything. The
  // reason, counted as refused, or nullopt. kXinetd: in its order, and one that may come has begun its connection, so
  // that what it asks for within kConnectionIdle is not counted by cps again. kQueue: address and time alone; strangers
  // change nothing.
  [[nodiscard]] std::optional<AdmissionReason> refused_entry(const Now& now, const net::IpAddress& source,
                                                             const AdmissionConfig& config);

  // Whether a connection would begin outside access_times; counted as refused then. Policy kQueue asks for the other
  // limits only once the peer is known to be there, which may be when a short file is over.
  [[nodiscard]] bool refused_by_time(const Now& now, const net::IpAddress& source, const AdmissionConfig& config);

  [[nodiscard]] const AdmissionCounters& counters() const { return counters_; }
  [[nodiscard]] std::size_t sources() const { return table_.size(); }

 private:
  // One question: of whom, under which limits, and what is known of them.
  struct Asking {
    const Now& now;
    const net::IpAddress& source;
    const AdmissionConfig& config;
    Source* known;    // null: a stranger
    bool connection;  // begins one
    CpsTicket ticket{};
    MonotonicTime since = MonotonicTime::min();  // it waits
  };
  enum class Subject : std::uint8_t { kEntry, kInstance };
  [[nodiscard]] Asking asking(const Now& now, const net::IpAddress& source, const AdmissionConfig& config);
  [[nodiscard]] std::optional<AdmissionReason> refused_by_xinetd(Asking& asking, Subject subject);
  [[nodiscard]] std::optional<AdmissionReason> refused_by_cps(Asking& asking);
  AdmissionVerdict ask_as_xinetd(Asking& asking);
  AdmissionVerdict ask_queued(Asking& asking);
  Source& remembered(Asking& asking);
  void enter(Asking& asking);
  [[nodiscard]] bool continues_connection(const Now& now, const Source* known) const;
  [[nodiscard]] bool in_access_times(const Now& now, const AdmissionConfig& config);
  AdmissionVerdict admit(Asking& asking);
  AdmissionVerdict refuse(AdmissionReason reason);
  AdmissionVerdict delay(AdmissionReason reason, MonotonicTime ask_again_at);

  ServiceTotals& totals_;
  ServiceTotals::Seat seat_;
  const LocalTime& local_time_;
  const Duration connection_idle_;
  SourceTable table_;
  AdmissionCounters counters_;
  // The minute last asked for, and what the local clock showed: time zones and daylight saving change at whole minutes.
  std::int64_t wall_minute_ = -1;
  unsigned minute_of_day_ = 0;
};

}  // namespace rackcast
