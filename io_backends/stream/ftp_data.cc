#include "io_backends/stream/ftp_data.h"

#include <sys/socket.h>

#include <vector>

#include "io_backends/stream/blocking.h"
#include "io_backends/stream/body_sender.h"
#include "io_backends/stream/transfer_report.h"

namespace rackcast::io {

using engine::FtpDataOpen;
using engine::FtpTransferEnd;

namespace {

// The wait for a data connection, either way, under one deadline.
class DataOpening final : public Watched {
 public:
  DataOpening(Worker& worker, FtpTransferRun& run)
      : Watched(worker.watch()), worker_(worker), run_(run), acceptor_(worker.loop()), socket_(worker.loop()) {
    set_deadline(SteadyClock::now() + worker.limits().data_open_timeout);
    run_.waiting = this;
  }
  ~DataOpening() override { run_.waiting = nullptr; }

  void on_deadline() override {
    expired_ = true;
    error_code ignored;
    acceptor_.cancel(ignored);
    socket_.cancel(ignored);
  }

  // A data connection that is not there yet takes a round trip, or never comes.
  void on_stop(Time now) override {
    if (stopping_since_ == Time{}) stopping_since_ = now;
    if (now - stopping_since_ >= worker_.limits().stop_stall_timeout) on_deadline();
  }

  Task<FtpDataOpen> accept();
  Task<FtpDataOpen> connect();
  [[nodiscard]] tcp::socket take_socket() { return std::move(socket_); }

 private:
  Worker& worker_;
  FtpTransferRun& run_;
  tcp::acceptor acceptor_;
  tcp::socket socket_;
  Time stopping_since_{};
  bool expired_ = false;
};

// Strangers are turned away and the wait goes on: whoever guesses the port must not be able to end the transfer.
Task<FtpDataOpen> DataOpening::accept() {
  const int own = ::dup(run_.passive->socket.get());
  error_code error;
  acceptor_.assign(run_.local.is_v4() ? tcp::v4() : tcp::v6(), own, error);
  FtpDataOpen failure = FtpDataOpen::kFailed;
  while (!error && !expired_ && !run_.cut_asked) {
    co_await acceptor_.async_accept(socket_, asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::connection_aborted) {
      error.clear();
      continue;
    }
    if (error) break;
    const tcp::endpoint remote = socket_.remote_endpoint(error);
    if (!error && to_endpoint(remote).address == run_.peer) co_return FtpDataOpen::kOpened;
    worker_.counters().ftp_wrong_peers.add();
    failure = FtpDataOpen::kWrongPeer;
    error_code ignored;
    socket_.close(ignored);
    error.clear();
  }
  co_return failure;
}

Task<FtpDataOpen> DataOpening::connect() {
  const net::Endpoint& target = *run_.transfer.connect;
  error_code error;
  socket_.open(target.address.is_v4() ? tcp::v4() : tcp::v6(), error);
  if (!error) socket_.bind(to_asio(run_.local, 0, run_.scope_id), error);
  if (error) co_return FtpDataOpen::kFailed;
  co_await socket_.async_connect(to_asio(target.address, target.port.value(), run_.scope_id),
                                 asio::redirect_error(asio::use_awaitable, error));
  co_return error ? FtpDataOpen::kFailed : FtpDataOpen::kOpened;
}

void tell(FtpTransferRun& run) {
  if (run.notify) run.notify();
}

// Closing with a reset: an end of file would look like the whole file to a client that misses the reply.
void reset_connection(StreamLink& link) {
  const linger at_once{1, 0};
  ::setsockopt(link.descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

FtpTransferEnd end_of(BodyOutcome outcome) {
  switch (outcome) {
    case BodyOutcome::kDone:
      return FtpTransferEnd::kDone;
    case BodyOutcome::kFileChanged:
    case BodyOutcome::kReadFailed:
      return FtpTransferEnd::kLocalFailed;
    case BodyOutcome::kPeerGone:
    case BodyOutcome::kStalled:
      break;
  }
  return FtpTransferEnd::kNetworkFailed;
}

Task<FtpTransferEnd> send_listing(Worker& worker, FtpTransferRun& run, StreamLink& link) {
  worker.counters().listings.add();
  bool cut = false;
  const auto list = [&run, &cut] {
    return make_ftp_listing(*run.tree, run.found, run.transfer, engine::kFtpListingEntriesMax, cut);
  };
  const std::string lines = co_await run_blocking(worker.shared().pool, list);
  if (cut) worker.counters().listings_cut.add();
  const bool sent = co_await link.send_all(lines);
  co_return sent ? FtpTransferEnd::kDone : FtpTransferEnd::kNetworkFailed;
}

Task<FtpTransferEnd> send_file(Worker& worker, FtpTransferRun& run, StreamLink& link) {
  const std::uint64_t size = run.found.facts.identity.size_bytes;
  const std::uint64_t from = std::min(run.transfer.offset, size);
  BodySource source = BodySource::choose(std::move(run.found), worker.shared().images());
  if (source.sealed()) worker.counters().images_served.add();
  TransferReport report(worker, Protocol::kFtp, run.peer, run.transfer.path, size - from);
  BodySender sender({link, worker.shared().pool, worker.counters(), worker.limits(),
                     [&report](std::uint64_t bytes) { report.progress(bytes); }},
                    source);
  const BodyOutcome outcome = co_await sender.send(from, size);
  if (run.cut_asked && outcome != BodyOutcome::kDone) {
    report.fail("aborted by the client");
    co_return FtpTransferEnd::kAborted;
  }
  report.end(outcome);
  co_return end_of(outcome);
}

}  // namespace

std::string make_ftp_listing(const TreeReader& tree, const Lookup& found, const engine::FtpTransfer& transfer,
                             std::size_t entries_max, bool& cut) {
  using Kind = engine::FileFacts::Kind;
  TreeListing listing;
  const std::string_view path = transfer.path;
  if (!transfer.nothing && found.facts.kind == Kind::kDirectory)
    listing = tree.list(found.fd, path, {.entries_max = entries_max, .pattern = transfer.listing.pattern});
  if (!transfer.nothing && found.facts.kind == Kind::kFile) {
    listing.entries.push_back(found.entry);
    listing.entries.back().name = path.substr(path.find_last_of('/') + 1);
  }
  cut = listing.cut;
  std::vector<engine::FtpListEntry> entries;
  entries.reserve(listing.entries.size());
  for (const TreeEntry& entry : listing.entries)
    entries.push_back({entry.name, entry.directory, entry.size_bytes, entry.modified});
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return engine::format_listing(transfer.listing, entries,
                                std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

namespace {

// The data connection, or why there is none; `link` is set when it is kOpened.
Task<FtpDataOpen> open_data(Worker& worker, FtpTransferRun& run, std::unique_ptr<StreamLink>& link) {
  DataOpening opening(worker, run);
  const bool passive = run.passive.has_value();
  FtpDataOpen result = FtpDataOpen::kFailed;
  if (passive)
    result = co_await opening.accept();
  else
    result = co_await opening.connect();
  run.passive.reset();
  if (result == FtpDataOpen::kOpened)
    link = std::make_unique<StreamLink>(opening.take_socket(), worker.watch(), worker.limits());
  co_return result;
}

// Holds the transfer until it may begin: once the data connection is there, so that a client that never opens one takes
// no place. A listing of nothing is a "not found" and counts for no limit.
Task<FtpDataOpen> await_turn(Worker& worker, FtpTransferRun& run, Admitted& instance) {
  if (run.transfer.nothing) co_return FtpDataOpen::kOpened;
  const StreamAdmission::Asked asked{StreamService::kFtp, run.peer, run.transfer.path};
  TurnWait wait(worker);
  run.waiting = &wait;
  const Turn turn = co_await worker.admission().await_turn(asked, wait, instance);
  run.waiting = nullptr;
  if (turn == Turn::kAdmitted) co_return FtpDataOpen::kOpened;
  co_return turn == Turn::kRefused ? FtpDataOpen::kRefused : FtpDataOpen::kBusy;
}

}  // namespace

Task<> run_ftp_transfer(Worker& worker, std::shared_ptr<FtpTransferRun> run) {
  std::unique_ptr<StreamLink> link;
  Admitted instance;
  FtpDataOpen opened = co_await open_data(worker, *run, link);
  if (opened == FtpDataOpen::kOpened && !run->cut_asked) opened = co_await await_turn(worker, *run, instance);
  if (!run->cut_asked) run->open_result = opened;
  FtpTransferEnd end = FtpTransferEnd::kAborted;
  if (opened == FtpDataOpen::kOpened && !run->cut_asked) {
    tell(*run);
    run->waiting = link.get();
    const bool listing = run->transfer.what == engine::FtpTransfer::What::kListing;
    if (listing)
      end = co_await send_listing(worker, *run, *link);
    else
      end = co_await send_file(worker, *run, *link);
    run->waiting = nullptr;
    if (run->cut_asked && end != FtpTransferEnd::kDone) end = FtpTransferEnd::kAborted;
  }
  if (link != nullptr && end != FtpTransferEnd::kDone) {
    reset_connection(*link);
    link.reset();
  }
  // The peer's close is waited for after the reply: some clients read that first. Nothing of *run is used by then.
  if (link != nullptr) link->half_close();
  instance = Admitted();  // released before the client knows
  run->end_result = end;
  tell(*run);
  if (link != nullptr) co_await link->finish();
}

}  // namespace rackcast::io
