// Names: what the lane knows of the file a client means, under the name it asked for and under those that clients with
// quirks mean by it (core/quirks/other_names.h).
#include "core/engine/tftp/engine_limits.h"
#include "core/engine/tftp/tftp_engine.h"

namespace rackcast::engine {

using namespace tftpd;

namespace {

// Of a boot file as DHCP names it; empty for one in the root and for a URL.
PathText folder_of(std::string_view boot_file, std::string_view root) {
  if (boot_file.empty() || boot_file.find("://") != std::string_view::npos) return {};
  const NormalizedPath normalized = normalize_path(boot_file, root);
  const std::size_t end = normalized.path.view().rfind('/');
  if (normalized.reject || end == std::string_view::npos) return {};
  return normalized.path.view().substr(0, end);
}

}  // namespace

// What a request's name means: by the map file, then by the path rules.
TftpEngine::Named TftpEngine::name_of(const Now& now, const ReceivedDatagram& datagram, std::string_view asked,
                                      NameAsked& named, Sink& sink) {
  std::string_view name = without_end_byte(asked);
  if (name.size() != asked.size()) quirks_.add(Quirk::kEndByteInName);
  if (name_map_ != nullptr) {
    switch (name_map_->apply(name, {datagram.peer.address, false}, named.mapped)) {
      case MapOutcome::kUnchanged:
        break;
      case MapOutcome::kMapped:
        counters_.add(Counter::kNamesMapped);
        name = named.mapped;
        break;
      case MapOutcome::kCandidate:
        named.traits.candidates = true;
        named.path.assign(name);
        return Named::kYes;
      case MapOutcome::kRefused:
        refuse_request(now, datagram, Refusal::kNameRefused, name, sink, named.mapped);
        return Named::kRefused;
      case MapOutcome::kNoSuchCandidate:  // of the first, there is none
      case MapOutcome::kTooLong:
      case MapOutcome::kLoops:
        refuse_request(now, datagram, Refusal::kPathRejected, name, sink);
        return Named::kRefused;
    }
  }
  const NormalizedPath normalized = normalize_path(name, root_);
  if (normalized.reject) {
    refuse_request(now, datagram, Refusal::kPathRejected, name, sink);
    return Named::kRefused;
  }
  named.path = normalized.path;
  named.traits.backslashes = name.find('\\') != std::string_view::npos;
  return Named::kYes;
}

// Of a name that E rules of the map file give several meanings: the `number`-th.
std::optional<Meant> TftpEngine::candidate(const Sought& sought, unsigned number, PathText& room) const {
  const PathText* mapped = sought.first_candidate;
  if (number > 0 || mapped == nullptr) {
    switch (name_map_->apply(sought.path, {sought.peer.address, false}, room, number)) {
      case MapOutcome::kUnchanged:
      case MapOutcome::kMapped:
      case MapOutcome::kCandidate:
        break;
      default:
        return std::nullopt;
    }
    mapped = &room;
  }
  const NormalizedPath normalized = normalize_path(*mapped, root_);
  if (normalized.reject) return std::nullopt;
  room = normalized.path;
  return Meant{Quirk::kCount_, room};
}

// The names to look under, in order: the machine's own folder's, the one asked for, those that quirks mean.
std::optional<Meant> TftpEngine::nth_name(const Sought& sought, unsigned number, PathText& room) const {
  if (sought.traits.candidates) return candidate(sought, number, room);
  const bool own_folder = config_->tftp->unique_root != UniqueRoot::kOff;
  if (!own_folder && number == 0) return Meant{Quirk::kCount_, sought.path};
  const Machine* const machine = machines_.find(sought.peer.address);
  if (own_folder) {
    if (const auto own = in_own_folder(config_->tftp->unique_root, sought.peer.address, machine, sought.path)) {
      if (number == 0) {
        room = *own;
        return Meant{Quirk::kCount_, room};
      }
      --number;
    }
    if (number == 0) return Meant{Quirk::kCount_, sought.path};
  }
  const PathText folder = machine != nullptr ? folder_of(machine->boot_file, root_) : PathText{};
  const std::uint16_t architecture = machine != nullptr ? machine->architecture : kArchitectureUnsaid;
  const auto other = other_name({sought.path, sought.traits.backslashes, folder, architecture}, number - 1);
  if (!other) return std::nullopt;
  room = other->path;
  return Meant{other->quirk, room};
}

// The first name, from the `from`-th on, that is there or of which nothing is known; what has aged is asked about
// beside it. O(kNamesMax).
Look TftpEngine::look_up(const Now& now, const Sought& sought, std::uint8_t from, Sink& sink) {
  PathText room;
  for (std::uint8_t names = from; names < kNamesMax; ++names) {
    const auto found = nth_name(sought, names, room);
    if (!found) break;
    const std::string_view name = found->path;
    const std::uint64_t hash = cache_.hash(name);
    CacheIndex index = cache_.find(name, hash);
    if (index == kNoEntry) index = cache_.claim(name, hash, now.monotonic, sink.pins());
    if (index == kNoEntry) return {Look::Found::kNoRoom, kNoEntry, names};
    CacheEntry& entry = cache_.at(index);
    entry.used_at = now.monotonic;
    if (!ImageCache::usable(entry, epoch_.value(), now.monotonic)) return {Look::Found::kUnknown, index, names};
    if (!ImageCache::fresh(entry, epoch_.value(), now.monotonic)) {
      counters_.add(Counter::kCacheStaleHits);
      (void)ask_unless_under_way(now, index, sink);  // the store's queue is full: the next request asks
    }
    if (entry.kind == CacheEntry::Kind::kImage) return {Look::Found::kImage, index, names};
    if (entry.kind == CacheEntry::Kind::kLinkRefused) return {Look::Found::kLinkRefused, index, names};
  }
  return {};
}

// For a transfer that waited for a name which is not there.
TftpEngine::Elsewhere TftpEngine::look_elsewhere(const Now& now, TransferIndex index, Sink& sink) {
  Transfer& transfer = table_.at(index);
  const auto from = static_cast<std::uint8_t>(transfer.names + 1);
  const Sought sought{transfer.to.peer, transfer.path, transfer.name};
  PathText room;
  if (!serving() || (transfer.path.cut() && nth_name(sought, from, room)))
    return Elsewhere::kLater;  // only the cache's entries have such a name whole: from there when it is asked again
  const Look look = look_up(now, sought, from, sink);
  switch (look.found) {
    case Look::Found::kMissing:
      return Elsewhere::kNowhere;
    case Look::Found::kLinkRefused:
      return Elsewhere::kLinkRefused;
    case Look::Found::kNoRoom:
      counters_.add(Counter::kDroppedCacheFull);
      return Elsewhere::kLater;
    case Look::Found::kUnknown:
      if (!ask_unless_under_way(now, look.entry, sink)) {
        counters_.add(Counter::kDroppedLoadQueueFull);
        return Elsewhere::kLater;
      }
      transfer.cache_entry = look.entry;
      cache_.at(look.entry).waiters.push_back(table_.all(), index);
      set_deadline(index, now.monotonic + kImageWait);
      break;
    case Look::Found::kImage:
      break;
  }
  transfer.names = look.names;
  if (look.found == Look::Found::kImage) begin(now, index, cache_.at(look.entry).pin, sink);
  return Elsewhere::kGoesOn;
}

void TftpEngine::count_name(const Transfer& transfer) {
  if (!config_->tftp) return;  // switched off meanwhile: it does not begin
  if (transfer.name.candidates) return counters_.add(Counter::kNamesMapped);
  if (transfer.names == 0) return;
  PathText room;
  const auto found = nth_name({transfer.to.peer, transfer.path, transfer.name}, transfer.names, room);
  if (found && found->quirk != Quirk::kCount_) quirks_.add(found->quirk);
}

}  // namespace rackcast::engine
