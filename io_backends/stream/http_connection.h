// One HTTP connection: reads request heads (limits first, then Beast's parser), asks core/engine/http what to answer,
// sends it, in order, until one side wants to end. Serves the tree, or an endpoint of texts (the board).
//
// Thread: its worker's. Lives in the coroutine that runs it.
#pragma once

#include <string>

#include "core/engine/http/decide.h"
#include "io_backends/stream/body_sender.h"
#include "io_backends/stream/stream_link.h"
#include "io_backends/stream/worker.h"

namespace rackcast::io {

class TransferReport;

class HttpConnection {
 public:
  enum class Serves : std::uint8_t { kTree, kTexts };

  HttpConnection(Worker& worker, tcp::socket socket, Serves serves);
  Task<> run();

 private:
  // One request, parsed and answered. `head_size`: of the head at the start of buffer_.
  enum class Next : std::uint8_t { kContinue, kEnd };
  struct HeadRead {
    enum class State : std::uint8_t { kComplete, kRefused, kEnd } state = State::kEnd;
    std::size_t size = 0;
    unsigned status = 0;
  };

  Task<HeadRead> read_head();
  Task<Next> answer_head(std::size_t head_size);
  Task<Next> answer_request(const engine::HttpRequest& request);
  Task<Next> answer_from_tree(const engine::HttpRequest& request, const engine::RequestCheck& check);
  Task<bool> discard_body(std::uint64_t size);
  Task<Next> refuse(unsigned status);
  Task<Next> send_text(engine::HttpResponse response);
  Task<Next> send_file(engine::HttpResponse response, const PathText& path, BodySource source);
  Task<BodyOutcome> send_parts(const engine::HttpResponse& response, BodySource& source, TransferReport& report);
  Task<Lookup> look_up(const TreeReader& tree, std::string_view path);

  Worker& worker_;
  StreamLink link_;
  const Serves serves_;
  std::string buffer_;  // received, not yet consumed: at most one head and what was pipelined behind it in one read
};

}  // namespace rackcast::io
