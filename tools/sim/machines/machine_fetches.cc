// A machine's HTTP and FTP: single files in the first slot, packages in as many as the profile has connections.
#include <algorithm>

#include "tools/sim/machines/machine.h"

namespace rackcast::sim {

bool Machine::begin_packages(Instant now) {
  if (facts_.packages.empty()) return false;
  if (!facts_.packages_base.empty()) {
    const auto base = resolve(facts_.packages_base, root(), facts_);
    if (base) packages_ = *base;
  } else if (packages_.path.empty() && !kickstart_.path.empty()) {
    packages_ = kickstart_;
    packages_.path.erase(packages_.path.find_last_of('/') + 1);
  }
  if (packages_.path.empty() || packages_.scheme == UrlScheme::kTftp) {
    fail(now, Failure::kBadConfiguration, "no HTTP or FTP tree to take packages from");
    return true;
  }
  if (!packages_.path.ends_with('/')) packages_.path += '/';
  enter(now, step().stage);
  next_package_ = 0;
  loading_packages_ = true;
  start_packages(now);
  return true;
}

Location Machine::package_location(std::uint32_t package) const {
  Location location = packages_;
  location.path += facts_.packages[package];
  return location;
}

void Machine::start_packages(Instant now) {
  const std::size_t connections = std::min<std::size_t>(step().connections, kFetchesMax);
  fetches_.resize(std::max(fetches_.size(), connections));
  for (std::size_t i = 0; i < connections && next_package_ < facts_.packages.size(); ++i) {
    if (fetches_[i].active) continue;
    fetches_[i].package = next_package_;
    start_fetch(now, fetches_[i], package_location(next_package_++), false);
  }
}

void Machine::start_fetch(Instant now, ActiveFetch& slot, const Location& location, bool keep_text) {
  slot.id = FetchId(next_fetch_++);
  slot.active = true;
  slot.started = now;
  slot.bytes = 0;
  guard_ = now + kFetchGuard;
  FetchRequest request;
  request.id = slot.id;
  request.scheme = location.scheme == UrlScheme::kFtp ? Scheme::kFtp : Scheme::kHttp;
  request.server = location.server;
  request.path = location.path;
  request.user_agent = step().user_agent;
  request.head_first = step().head_first;
  request.keep_text = keep_text;
  request.patience = step().patience * pace_.patience;
  carrier_.fetch(identity_.id, request);
}

Machine::ActiveFetch& Machine::first_fetch() {
  if (fetches_.empty()) fetches_.emplace_back();
  return fetches_.front();
}

Machine::ActiveFetch* Machine::find_fetch(FetchId id) {
  for (ActiveFetch& fetch : fetches_)
    if (fetch.active && fetch.id == id) return &fetch;
  return nullptr;
}

std::size_t Machine::active_fetches() const {
  return static_cast<std::size_t>(
      std::count_if(fetches_.begin(), fetches_.end(), [](const ActiveFetch& fetch) { return fetch.active; }));
}

void Machine::cancel_fetches() {
  loading_packages_ = false;
  guard_ = kNever;
  if (active_fetches() == 0) return;
  for (ActiveFetch& fetch : fetches_) fetch.active = false;
  carrier_.cancel_fetches(identity_.id);
}

void Machine::on_fetch(Instant now, const FetchEvent& event) {
  ActiveFetch* fetch = find_fetch(event.id);
  if (!running_ || fetch == nullptr) return;
  if (event.bytes > fetch->bytes) {
    observer_.on_bytes(now, identity_.id, event.bytes - fetch->bytes);
    fetch->bytes = event.bytes;
  }
  guard_ = now + kFetchGuard;
  if (!event.done) return;
  fetch->active = false;
  if (active_fetches() == 0) guard_ = kNever;
  const Location location = loading_packages_ ? package_location(fetch->package) : current_;
  if (event.failure != Failure::kNone) {
    std::string detail(failure_name(event.failure));
    if (event.status != 0) detail += ", status " + std::to_string(event.status);
    current_ = location;
    loading_packages_ = false;
    end_file(now, {event.failure, detail, {}});
    return;
  }
  report_file(now, {.protocol = location.scheme == UrlScheme::kFtp ? FileProtocol::kFtp : FileProtocol::kHttp,
                    .stage = stage_,
                    .server = location.server,
                    .path = location.path,
                    .bytes = event.bytes,
                    .digest = event.digest,
                    .took = now - fetch->started});
  if (!loading_packages_) {
    end_file(now, {Failure::kNone, {}, event.text});
    return;
  }
  start_packages(now);
  if (active_fetches() > 0) return;
  loading_packages_ = false;
  step_done(now);
}

}  // namespace rackcast::sim
