#include "io_backends/stream/ftp_connection.h"

#include <array>
#include <span>

#include "io_backends/stream/blocking.h"
#include "io_backends/stream/transfer_report.h"

namespace rackcast::io {

using engine::FtpAction;

namespace {

constexpr std::size_t kReadBytes = 4'096;

engine::FtpFacts to_facts(const Lookup& found) {
  using From = engine::FileFacts::Kind;
  using To = engine::FtpFacts::Kind;
  engine::FtpFacts facts;
  if (found.facts.kind == From::kFile) facts.kind = To::kFile;
  if (found.facts.kind == From::kDirectory) facts.kind = To::kDirectory;
  facts.size_bytes = found.entry.size_bytes;
  facts.modified = found.entry.modified;
  return facts;
}

}  // namespace

FtpConnection::FtpConnection(Worker& worker, tcp::socket socket)
    : worker_(worker),
      link_(std::move(socket), worker.watch(), worker.limits()),
      tree_(std::make_shared<TreeReader>(worker.view()->ftp_root.value_or(""))),
      session_({link_.peer().address, link_.local().address, tree_->root()}) {
  worker_.counters().ftp_sessions.add();
}

FtpConnection::~FtpConnection() {
  drop_transfer();
}

void FtpConnection::drop_transfer() {
  if (run_ == nullptr) return;
  run_->notify = nullptr;
  run_->cut();
  run_.reset();
}

Task<> FtpConnection::run() {
  co_await perform(session_.begin());
  while (!closing_) {
    if (run_ != nullptr && (run_->open_result || run_->end_result)) {
      co_await take_transfer_results();
      continue;
    }
    if (worker_.stopping() && run_ == nullptr) {
      co_await perform(session_.on_server_stop());
      break;
    }
    std::string line;
    const Line got = next_line(line);
    if (got == Line::kNone) {
      co_await read_more();
      continue;
    }
    worker_.counters().ftp_commands.add();
    if (got == Line::kTooLong)
      co_await perform(session_.on_line_too_long());
    else
      co_await perform(session_.on_line(line));
  }
  drop_transfer();
  co_await link_.finish();
}

Task<> FtpConnection::perform(FtpAction action) {
  while (true) {
    note_refusals();
    const std::string replies = session_.take_replies();
    const bool sent = co_await link_.send_all(replies);
    if (!sent || action == FtpAction::kClose) {
      closing_ = true;
      co_return;
    }
    switch (action) {
      case FtpAction::kOpenPassive:
        action = open_passive();
        break;
      case FtpAction::kLookUp:
        action = co_await look_up();
        break;
      case FtpAction::kListToControl:
        action = co_await list_to_control();
        break;
      case FtpAction::kTransfer:
        start_transfer();
        co_return;
      case FtpAction::kAbort:
        if (run_ != nullptr) run_->cut();
        co_return;
      case FtpAction::kNone:
      case FtpAction::kClose:
        co_return;
    }
  }
}

void FtpConnection::note_refusals() {
  if (session_.refusal() == engine::FtpRefusal::kBounce) {
    worker_.counters().ftp_bounces_refused.add();
    report_refused(worker_, Protocol::kFtp, link_.peer().address,
                   "PORT or EPRT to another address or a privileged port");
  }
  if (session_.not_found()) report_not_found(worker_, Protocol::kFtp, link_.peer().address, session_.path());
}

// Lines that waited come first, once nothing runs; while something runs, only urgent ones go ahead.
FtpConnection::Line FtpConnection::next_line(std::string& line) {
  if (run_ == nullptr && !waiting_.empty()) {
    line = std::move(waiting_.front());
    waiting_.pop_front();
    return Line::kOne;
  }
  while (!input_.empty()) {
    const auto step = splitter_.next(std::as_bytes(std::span(input_)));
    const std::string found(step.line);
    input_.erase(0, step.consumed_bytes);
    if (step.outcome == ftp::LineSplitter::Outcome::kTooLong) return Line::kTooLong;
    if (step.outcome != ftp::LineSplitter::Outcome::kLine) continue;
    if (run_ == nullptr || engine::FtpSession::is_urgent(found)) {
      line = found;
      return Line::kOne;
    }
    if (waiting_.size() == kWaitingLinesMax) {
      closing_ = true;
      return Line::kTooLong;
    }
    waiting_.push_back(found);
  }
  return Line::kNone;
}

Task<> FtpConnection::read_more() {
  const bool idle = run_ == nullptr;
  if (idle)
    link_.set_deadline_in(worker_.limits().ftp_idle_timeout);
  else
    link_.clear_deadline();
  link_.set_idle(idle);
  std::array<char, kReadBytes> room{};
  const ReadResult read = co_await link_.read_some(room);
  link_.set_idle(false);
  link_.clear_deadline();
  switch (read.state) {
    case ReadResult::State::kBytes:
      input_.append(room.data(), read.size);
      break;
    case ReadResult::State::kWoken:
      break;
    case ReadResult::State::kEnd:
      closing_ = true;
      break;
    case ReadResult::State::kExpired:
      co_await end_idle();
      break;
  }
}

Task<> FtpConnection::end_idle() {
  closing_ = true;
  if (run_ != nullptr) co_return;  // the server's grace is over
  link_.revive();
  if (!worker_.stopping()) worker_.counters().timeouts.add();
  co_await perform(worker_.stopping() ? session_.on_server_stop() : session_.on_idle_timeout());
}

Task<FtpAction> FtpConnection::look_up() {
  const std::string path(session_.path().view());
  found_ = tree_->open(path, Blocking::kNever);
  if (found_.would_block) {
    const auto open = [this, &path] { return tree_->open(path, Blocking::kAllowed); };
    found_ = co_await run_blocking(worker_.shared().pool, open);
  }
  co_return session_.on_lookup(to_facts(found_));
}

Task<FtpAction> FtpConnection::list_to_control() {
  engine::FtpTransfer transfer = session_.transfer();
  transfer.path = session_.path();
  bool cut = false;
  const auto list = [this, &transfer, &cut] {
    return make_ftp_listing(*tree_, found_, transfer, engine::kFtpControlListingEntriesMax, cut);
  };
  const std::string lines = co_await run_blocking(worker_.shared().pool, list);
  worker_.counters().listings.add();
  if (cut) worker_.counters().listings_cut.add();
  co_return session_.on_control_listing(lines);
}

FtpAction FtpConnection::open_passive() {
  passive_.reset();  // first, so that its port is free again
  passive_ =
      worker_.shared().passive_ports.open(link_.local().address, link_.scope_id(), worker_.view()->passive_ports);
  if (!passive_) worker_.counters().ftp_ports_exhausted.add();
  return session_.on_passive(passive_ ? std::optional(passive_->port) : std::nullopt);
}

void FtpConnection::start_transfer() {
  run_ = std::make_shared<FtpTransferRun>();
  run_->transfer = session_.transfer();
  run_->peer = link_.peer().address;
  run_->local = link_.local().address;
  run_->scope_id = link_.scope_id();
  if (!run_->transfer.connect) run_->passive = std::move(passive_);
  passive_.reset();
  run_->tree = tree_;
  run_->found = std::move(found_);
  run_->notify = [this] { link_.wake(); };
  asio::co_spawn(worker_.loop(), run_ftp_transfer(worker_, run_), asio::detached);
}

Task<> FtpConnection::take_transfer_results() {
  if (const auto opened = std::exchange(run_->open_result, std::nullopt)) {
    const bool failed = *opened != engine::FtpDataOpen::kOpened;
    if (failed) {
      run_->notify = nullptr;
      run_.reset();
    }
    co_await perform(session_.on_data_open(*opened));
    if (failed) co_return;
  }
  if (run_->end_result) {
    const engine::FtpTransferEnd end = *run_->end_result;
    run_->notify = nullptr;
    run_.reset();
    co_await perform(session_.on_transfer_end(end));
  }
}

}  // namespace rackcast::io
