// Work that may wait for a disk, done on a small pool of threads while the coroutine that asked is suspended. A
// connection has at most one such job, so the connection limit bounds the queue.
//
// The job runs on a pool thread and must touch nothing of the stream thread; the coroutine resumes on its own thread.
// The pool must be joined before the io_context goes.
#pragma once

#include <memory>
#include <utility>

#include "io_backends/stream/asio.h"

namespace rackcast::io {

// `job`: callable without arguments, returns a default-constructible, movable value; a named object that the caller
// keeps until this is done. By reference on purpose: GCC 12 copies a lambda that is a temporary of a co_await
// expression bit by bit, captures and all.
template <typename Job>
Task<decltype(std::declval<Job&>()())> run_blocking(asio::thread_pool& pool, Job& job) {
  decltype(job()) result{};
  const auto home = co_await asio::this_coro::executor;
  // `result` lives in this frame, which stays suspended until the handler below has run.
  auto initiate = [&](auto handler) {
    auto work = asio::prefer(home, asio::execution::outstanding_work.tracked);
    asio::post(pool, [&job, &result, work, handler = std::move(handler)]() mutable {
      result = job();
      asio::post(work, std::move(handler));
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
  co_return result;
}

// The same object, destroyed on the pool, whoever lets go of it last: what takes long to destroy (an image is unmapped)
// must not do so on a stream thread. The pool outlives it; what is let go after the pool was joined goes with the pool.
template <typename T>
std::shared_ptr<T> destroyed_on(asio::thread_pool& pool, std::shared_ptr<T> object) {
  T* const raw = object.get();
  if (raw == nullptr) return nullptr;
  return std::shared_ptr<T>(raw, [&pool, object = std::move(object)](T*) mutable {
    asio::post(pool, [object = std::move(object)]() mutable { object.reset(); });
  });
}

}  // namespace rackcast::io
