// SPDX-License-Identifier: BSD-3-Clause
/*
 * A C++ program: allocation in static initialisers, threads that free what others allocated, exceptions across them, each
 * form of new and delete. Prints a sum that does not depend on the order of threads.
 */
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

static std::map<std::string, std::vector<int>> before_main = {{"one", {1}}, {"two", {1, 2}}};

struct alignas(256) wide {
	char bytes[256];
};

static std::mutex lock;
static std::vector<std::unique_ptr<std::string>> handed_over;
static thread_local std::vector<std::string> own = {"made on first use"};

static unsigned long work(unsigned seed)
{
	unsigned long sum = 0;

	for (unsigned i = 0; i < 3000; i++) {
		seed = seed * 1103515245u + 12345u;
		try {
			std::unique_ptr<std::string> text(new std::string(seed % 3000, 'x'));

			own.push_back(*text);
			sum += text->size();
			if (i % 16 == 0)
				throw std::runtime_error(std::string(100, 'e'));
			std::lock_guard<std::mutex> hold(lock);
			handed_over.push_back(std::move(text));
			if (handed_over.size() > 200)
				handed_over.erase(handed_over.begin(), handed_over.begin() + 100);
		} catch (const std::runtime_error &error) {
			sum += std::string(error.what()).size();
		}
		if (own.size() > 50)
			own.clear();
	}
	return sum;
}

static bool every_form_works()
{
	wide *one = new wide, *many = new wide[3];
	int *quiet = new (std::nothrow) int(7);
	bool good = reinterpret_cast<std::uintptr_t>(one) % 256 == 0 && reinterpret_cast<std::uintptr_t>(many) % 256 == 0;
	volatile std::size_t huge = PTRDIFF_MAX;

	delete one;
	delete[] many;
	::operator delete(quiet, std::nothrow);
	::operator delete(::operator new(100), std::size_t(100));
	try {
		::operator delete(::operator new(huge));
		good = false;
	} catch (const std::bad_alloc &) {
	}
	return good && ::operator new(huge, std::nothrow) == nullptr;
}

int main()
{
	unsigned long sums[4] = {}, sum = 0;
	std::vector<std::thread> threads;

	for (unsigned i = 0; i < 4; i++)
		threads.emplace_back([i, &sums] { sums[i] = work(i + 1); });
	for (auto &thread : threads)
		thread.join();
	for (unsigned long part : sums)
		sum += part;
	std::printf("%zu %lu %d\n", before_main["two"].size(), sum, every_form_works());
	return 0;
}
