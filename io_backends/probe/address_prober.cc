#include "io_backends/probe/address_prober.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "core/errno_text.h"

namespace rackcast::io {
namespace {

using Clock = std::chrono::steady_clock;

// Sightings taken before the queue and the clock are looked at again.
constexpr int kSightingsPerTurn = 256;
// More than a receive buffer holds.
constexpr int kSightingsStale = 1 << 16;

}  // namespace

Result<std::unique_ptr<AddressProber>> AddressProber::start(ProbeSockets sockets, Answer answer) {
  FileDescriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake) return fail("cannot make an eventfd for the address prober: " + errno_text(errno));
  std::unique_ptr<AddressProber> prober(new AddressProber(std::move(sockets), std::move(answer), std::move(wake)));
  prober->thread_ = std::thread([self = prober.get()] { self->run(); });
  return prober;
}

AddressProber::AddressProber(ProbeSockets sockets, Answer answer, FileDescriptor wake)
    : sockets_(std::move(sockets)), answer_(std::move(answer)), wake_(std::move(wake)) {
  asked_.reserve(kProbesMax);
}

AddressProber::~AddressProber() {
  stopping_.store(true);
  (void)::eventfd_write(wake_.get(), 1);
  if (thread_.joinable()) thread_.join();
}

bool AddressProber::submit(LaneId from, const ProbeAddress& probe) {
  if (outstanding_.fetch_add(1) >= kProbesMax || !queue_.push(Question{from, probe, {}})) {
    outstanding_.fetch_sub(1);
    return false;
  }
  (void)::eventfd_write(wake_.get(), 1);
  return true;
}

ProberCounters AddressProber::counters() const {
  return {asked_count_.load(), in_use_count_.load(), not_asked_count_.load(), answers_lost_count_.load()};
}

// While nothing is asked, the network's chatter wakes nobody: it is thrown away before the next question.
void AddressProber::run() {
  while (!stopping_.load()) {
    std::array<pollfd, 3> descriptors{
        {{wake_.get(), POLLIN, 0}, {sockets_.arp_descriptor(), POLLIN, 0}, {sockets_.icmp_descriptor(), POLLIN, 0}}};
    const bool idle = asked_.empty();
    (void)::poll(descriptors.data(), idle ? 1 : descriptors.size(), milliseconds_to_wait());
    eventfd_t wakes = 0;
    (void)::eventfd_read(wake_.get(), &wakes);
    const int sightings_max = idle ? kSightingsStale : kSightingsPerTurn;
    for (int i = 0; i < sightings_max; ++i) {
      const auto heard = sockets_.next_arp();
      if (!heard) break;
      hear(*heard);
    }
    for (int i = 0; i < sightings_max; ++i) {
      const auto heard = sockets_.next_icmp();
      if (!heard) break;
      hear(*heard);
    }
    end_what_is_over();
    ask_what_is_queued();
  }
}

void AddressProber::ask_what_is_queued() {
  while (auto question = queue_.pop()) {
    if (sockets_.ask(question->probe) != 0) {
      not_asked_count_.fetch_add(1);
      finish(*question, false);
      continue;
    }
    asked_count_.fetch_add(1);
    question->until = Clock::now() + question->probe.timeout;
    asked_.push_back(*question);
  }
}

// A machine that already has the address that it is to get is no conflict.
void AddressProber::hear(const ProbeSighting& sighting) {
  const auto is_about = [&](const Question& question) {
    const ProbeAddress& probe = question.probe;
    if (probe.address != sighting.address) return false;
    if (!sighting.mac) return probe.method == ProbeMethod::kIcmp;
    return probe.method == ProbeMethod::kArp && probe.interface == sighting.interface && *sighting.mac != probe.client;
  };
  for (auto found = std::find_if(asked_.begin(), asked_.end(), is_about); found != asked_.end();
       found = std::find_if(asked_.begin(), asked_.end(), is_about)) {
    in_use_count_.fetch_add(1);
    finish(*found, true);
    *found = asked_.back();
    asked_.pop_back();
  }
}

void AddressProber::end_what_is_over() {
  const auto now = Clock::now();
  for (std::size_t i = asked_.size(); i > 0; --i) {
    if (asked_[i - 1].until > now) continue;
    finish(asked_[i - 1], false);
    asked_[i - 1] = asked_.back();
    asked_.pop_back();
  }
}

int AddressProber::milliseconds_to_wait() const {
  if (asked_.empty()) return -1;
  const auto first = std::min_element(asked_.begin(), asked_.end(),
                                      [](const Question& a, const Question& b) { return a.until < b.until; });
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(first->until - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void AddressProber::finish(const Question& question, bool in_use) {
  outstanding_.fetch_sub(1);
  if (!answer_(question.lane, AddressProbed{question.probe.ticket, in_use})) answers_lost_count_.fetch_add(1);
}

}  // namespace rackcast::io
