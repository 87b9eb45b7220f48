using Punnet.Kernel;

namespace Punnet.Host.Layers;

/// <summary>The progress of a commit, on a terminal only.</summary>
public sealed class CommitProgress
{
    private readonly bool _isShown;
    private long _files;
    private long _bytes;
    private long _shownAt;
    private bool _hasShown;

    /// <summary>Starts counting.</summary>
    public CommitProgress() => _isShown = Sys.GetWindowSize(2, out _) == Abi.Errno.None;

    /// <summary>One more file.</summary>
    /// <param name="bytes">Its content.</param>
    public void Add(long bytes)
    {
        _files++;
        _bytes += bytes;

        // Reading the clock for every file would cost throughput.
        if (_isShown && (_files % 64 == 0 || bytes > 1_000_000))
        {
            Sys.ClockGettime(Clock.Monotonic, out long seconds, out long nanoseconds);
            long tenths = (seconds * 10) + (nanoseconds / 100_000_000);
            if (tenths - _shownAt >= 2)
            {
                _shownAt = tenths;
                Show("");
            }
        }
    }

    /// <summary>The line is complete.</summary>
    public void End()
    {
        if (_hasShown)
        {
            Show("\n");
        }
    }

    private void Show(string end)
    {
        _hasShown = true;
        Output.WriteErrorAsIs("\r" + _files.ToString() + " files, " + (_bytes / 1_000_000).ToString() + " MB" + end);
    }
}
