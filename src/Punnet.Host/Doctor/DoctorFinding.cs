namespace Punnet.Host.Doctor;

/// <summary>How much of a thing a container gets here.</summary>
public enum FindingLevel
{
    /// <summary>All of it.</summary>
    Ok,

    /// <summary>Less than elsewhere, or by another way.</summary>
    Limited,

    /// <summary>Nothing.</summary>
    Missing,
}

/// <summary>One thing that was tried.</summary>
/// <param name="Section">What it belongs to.</param>
/// <param name="Name">The thing.</param>
/// <param name="Level">How much of it there is.</param>
/// <param name="Reason">What was seen: the kernel's words where it refuses.</param>
/// <param name="Remedy">How to get it, or null.</param>
public sealed record DoctorFinding(string Section, string Name, FindingLevel Level, string Reason, string? Remedy)
{
    /// <summary>The next one, or null.</summary>
    /// <remarks>No list or array: the statics of each kind of them are made at the start of every command.</remarks>
    public DoctorFinding? Next { get; set; }
}

/// <summary>What was found so far, in order.</summary>
public sealed class Findings
{
    private DoctorFinding? _last;
    private string _section = "";

    /// <summary>The first of them.</summary>
    public DoctorFinding? First { get; private set; }

    /// <summary>Whether the state of containers has a place.</summary>
    public bool HasState { get; set; } = true;

    /// <summary>Whether a plain container could be run: set by the last section.</summary>
    public bool CanRun { get; set; }

    /// <summary>Begins a section.</summary>
    public void Begin(string section) => _section = section;

    /// <summary>Adds a thing that is there.</summary>
    public void Ok(string name, string reason) => Of(name, FindingLevel.Ok, reason, null);

    /// <summary>Adds a thing that is there in part.</summary>
    public void Limited(string name, string reason, string? remedy) => Of(name, FindingLevel.Limited, reason, remedy);

    /// <summary>Adds a thing that is not there.</summary>
    public void Missing(string name, string reason, string? remedy) => Of(name, FindingLevel.Missing, reason, remedy);

    /// <summary>Adds what a trial found.</summary>
    /// <param name="name">The thing.</param>
    /// <param name="answer">The trial's end.</param>
    /// <param name="reason">What to say where it succeeded.</param>
    /// <param name="remedy">How to get it otherwise, or null.</param>
    /// <param name="fallback">What punnet does without it, which makes it limited and not missing; or null.</param>
    public void Tried(string name, TrialAnswer answer, string reason, string? remedy, string? fallback = null)
    {
        if (answer.IsOk)
        {
            Ok(name, reason);
        }
        else if (fallback is null)
        {
            Missing(name, answer.Words, remedy);
        }
        else
        {
            Limited(name, answer.Words + ": " + fallback, remedy);
        }
    }

    /// <summary>Adds a thing.</summary>
    public void Of(string name, FindingLevel level, string reason, string? remedy)
    {
        DoctorFinding added = new(_section, name, level, reason, remedy);
        if (_last is null)
        {
            First = added;
        }
        else
        {
            _last.Next = added;
        }

        _last = added;
    }
}
