using System;

namespace Punnet.Spec;

/// <summary>Writes what <c>list --format json</c> prints, one container after the other: no more is kept of each than its text.</summary>
public sealed class StateListJson
{
    private readonly JsonWriter _text;
    private bool _isEmpty = true;

    /// <summary>An empty list.</summary>
    /// <param name="expected">How many bytes it will have, about; it grows where that is too few.</param>
    public StateListJson(int expected) => _text = new JsonWriter(' ', 0, expected);

    /// <summary>Adds a state.</summary>
    /// <param name="state">The state.</param>
    public void Add(ContainerState state)
    {
        Open();
        _text.Element(state, StateJson.StateMembers);
    }

    /// <summary>Adds a state from the summary of its record.</summary>
    /// <param name="id">The container's id.</param>
    /// <param name="pid">The first process as the host sees it; 0 when there is none.</param>
    /// <param name="status">creating, created, running, stopped or paused.</param>
    /// <param name="record">The summary of its record.</param>
    /// <param name="owner">Name of the user who created the container, or <c>#</c> and the id.</param>
    public void Add(string id, int pid, string status, RecordSummary record, string owner)
    {
        Open();
        _text.StartObject();
        _text.Quoted("ociVersion"u8, record.OciVersion);
        _text.String("id"u8, id);
        _text.Integer("pid"u8, pid);
        _text.String("status"u8, status);
        _text.Quoted("bundle"u8, record.Bundle);
        _text.Quoted("rootfs"u8, record.Rootfs);
        _text.Quoted("created"u8, record.Created);
        if (!record.Annotations.IsEmpty)
        {
            _text.Raw("annotations"u8, record.Annotations);
        }

        _text.String("owner"u8, owner);
        _text.EndObject();
    }

    /// <summary>Ends the list.</summary>
    /// <returns>UTF-8, one line and its end; <c>null</c> when there is no container, as runc has it.</returns>
    public ReadOnlySpan<byte> End()
    {
        if (_isEmpty)
        {
            _text.Null();
        }
        else
        {
            _text.EndList();
        }

        _text.EndLine();
        return _text.Written;
    }

    private void Open()
    {
        if (_isEmpty)
        {
            _text.StartList();
            _isEmpty = false;
        }
    }
}
