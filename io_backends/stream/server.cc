#include "io_backends/stream/server.h"

#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "core/runtime/lane_thread.h"
#include "io_backends/stream/tree.h"
#include "io_backends/stream/worker.h"

namespace rackcast::io {

struct StreamServer::Running {
  Running(const StreamLimits& limits, StreamHooks hooks) : shared(limits, std::move(hooks)) {}

  WorkerShared shared;
  std::shared_ptr<const StreamView> view;  // what the workers have, or are about to
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
};

namespace {

// The roots that `config` names for services that are on.
Result<void> check_roots(const Config& config, const StreamView& view) {
  if (config.http && view.http_root)
    if (auto checked = TreeReader(config.http->root).check("[http]"); !checked) return checked;
  if (config.ftp && view.ftp_root)
    if (auto checked = TreeReader(config.ftp->root).check("[ftp]"); !checked) return checked;
  return {};
}

// Pinned first, then serving. `started` is told how the first went; a thread that failed has served nobody.
void run_worker(Worker& worker, std::optional<unsigned> core, std::promise<Result<void>> started) {
  Result<void> pinned;
  if (core) pinned = pin_this_thread(*core);
  const bool serves = pinned.has_value();
  started.set_value(std::move(pinned));
  if (serves) worker.run();
}

}  // namespace

StreamServer::StreamServer(std::unique_ptr<Running> running) : running_(std::move(running)) {}

StreamServer::~StreamServer() {
  stop(Milliseconds(0));
}

Result<std::unique_ptr<StreamServer>> StreamServer::start(const Config& config, StreamSockets sockets,
                                                          StreamHooks hooks, const StreamLimits& limits) {
  const auto view = StreamView::from(config);
  if (auto checked = check_roots(config, *view); !checked) return tl::make_unexpected(std::move(checked.error()));
  auto running = std::make_unique<Running>(limits, std::move(hooks));
  running->view = view;
  for (unsigned i = 0; i < sockets.thread_count; ++i)
    running->workers.push_back(std::make_unique<Worker>(i, running->shared, view));
  for (ListenSocket& socket : sockets.sockets) {
    Worker& worker = *running->workers[socket.thread];
    worker.add_listener(std::move(socket));
  }
  std::unique_ptr<StreamServer> server(new StreamServer(std::move(running)));
  if (auto launched = server->launch(config.server.stream_cores); !launched)
    return tl::make_unexpected(std::move(launched.error()));
  return server;
}

Result<void> StreamServer::launch(const std::vector<unsigned>& cores) {
  std::vector<std::future<Result<void>>> outcomes;
  for (std::size_t i = 0; i < running_->workers.size(); ++i) {
    std::promise<Result<void>> started;
    outcomes.push_back(started.get_future());
    const std::optional<unsigned> core = i < cores.size() ? std::optional(cores[i]) : std::nullopt;
    running_->threads.emplace_back(run_worker, std::ref(*running_->workers[i]), core, std::move(started));
  }
  Result<void> first_failure;
  for (auto& outcome : outcomes)
    if (auto started = outcome.get(); !started && first_failure) first_failure = std::move(started);
  return first_failure;
}

Result<void> StreamServer::reconfigure(const Config& config) {
  auto view = running_->view->updated(config);
  if (auto checked = check_roots(config, *view); !checked) return checked;
  running_->view = std::move(view);
  for (const auto& worker : running_->workers) worker->set_view(running_->view);
  return {};
}

void StreamServer::begin_stop(Milliseconds grace) {
  if (running_->threads.empty()) return;
  for (const auto& worker : running_->workers) worker->begin_stop(grace);
}

void StreamServer::stop(Milliseconds grace) {
  if (running_->threads.empty()) return;
  begin_stop(grace);
  for (std::thread& thread : running_->threads) thread.join();
  running_->threads.clear();
  running_->shared.pool.join();  // every job has been answered: the loops waited for them
}

StreamTotals StreamServer::totals() const {
  StreamTotals totals;
  for (const auto& worker : running_->workers) add_counters(totals, std::as_const(*worker).counters());
  return totals;
}

std::size_t StreamServer::thread_count() const {
  return running_->workers.size();
}

StreamTotals StreamServer::totals_of(std::size_t thread) const {
  StreamTotals totals;
  add_counters(totals, std::as_const(*running_->workers[thread]).counters());
  return totals;
}

}  // namespace rackcast::io
